"""Write qstn.csv with QSTN itself, against a small server on this machine that answers as planned.

    pip install qstn==0.5.4 && python tests/cases/answers/make_qstn.py     (Python 3.12)

The file in the repository was made with Python 3.11, in which four type annotations of QSTN's
inference/multimodal.py, which no survey of texts uses, had to be written in the older syntax first.
"""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import asked
import pandas as pd
import qstn
from openai import AsyncOpenAI

PLACES = [(r, c) for r in asked.RESPONDENTS for c in asked.CONTEXTS]


class Answers(BaseHTTPRequestHandler):
    """Answers chat requests as planned."""

    def do_POST(self) -> None:
        """Read who is asked what, and answer."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        who, what = (message["content"] for message in body["messages"])
        item = next(i for i, text in asked.ITEMS.items() if text in what)
        respondent, context = next((r, c) for r, c in PLACES if f"{r}, after {c}" in who)
        said = asked.words(respondent, context, item)
        if asked.unread(respondent, context, item):
            said = "Somewhere between the two."
        reply = {
            "id": "1", "object": "chat.completion", "created": 0, "model": body["model"],
            "choices": [{
                "index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said},
            }],
        }  # fmt: skip
        data = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Ask, and write the table."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asyncio.set_event_loop(asyncio.new_event_loop())
    client = AsyncOpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none")
    items = pd.DataFrame({
        "questionnaire_item_id": list(asked.ITEMS), "question_content": list(asked.ITEMS.values()),
    })  # fmt: skip
    prompts = [
        qstn.prompt_builder.LLMPrompt(
            questionnaire_source=items, questionnaire_name=f"{r}/{c}",
            system_prompt=f"You are {r}, after {c}.",
            prompt=f"{qstn.utilities.placeholder.PROMPT_QUESTIONS} One of: {', '.join(asked.OPTIONS)}.",
        )
        for r, c in PLACES
    ]  # fmt: skip
    results = qstn.survey_manager.conduct_survey_single_item(
        client, prompts, client_model_name="planned", print_progress=False
    )
    table = qstn.utilities.create_one_dataframe(qstn.parser.raw_responses(results))
    table.to_csv(asked.HERE / "qstn.csv", index=False)
    server.shutdown()


if __name__ == "__main__":
    main()
