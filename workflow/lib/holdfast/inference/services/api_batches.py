"""Answers at a batch endpoint: submitted, polled and collected across interruptions, and paid once.

A batch is written down before it is submitted, with a mark of its own that the service keeps. So after an
interruption at whatever moment the service's list tells whether it was submitted, and its results are
collected as often as they are needed. Each request is known by a hash of its fields.
"""

import hashlib
import json
import logging
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError
from holdfast.inference.services.api_budget import Usage
from holdfast.inference.services.api_replies import about_the_prompt, error_of, usage_of
from holdfast.inference.services.api_requests import Failed, Flagged, Service

logger = logging.getLogger(__name__)

MOST = 50_000  # requests of a batch, as OpenAI allows
MARK = "holdfast"  # the key of a batch's mark in its metadata
ENDED = ("completed", "expired", "cancelled", "failed")
UNREAD = ("pending", "running")  # a file that Azure has not read yet
Request = tuple[dict[str, Any], Usage]  # its fields, and what it can cost at most
Result = tuple[int, Any]  # the place of a request, and its reply or why it failed


class Batches:
    """The batches of one model, and what is written down of them."""

    def __init__(self, service: Service, folder: Path, path: str) -> None:
        """Prepare; nothing is sent yet.

        Args:
            service: that has the endpoint.
            folder: where batches are written down: the model's in the store.
            path: of the endpoint that a batch's requests go to.
        """
        self.service, self.folder = service, folder
        self.root, version = batch_places(service.address)
        self.path = version + path

    def replies(self, requests: Sequence[Request]) -> Iterator[Result]:
        """Yield each request's place with its reply, or with Failed; what was submitted before is not again.

        Raises:
            StudyError: the service refuses the batch, or the budget would not suffice for it.
        """
        places = {_name(body): place for place, (body, _) in enumerate(requests)}
        for record in list(self._records()):
            mine = {i: places.pop(i) for i in record["ids"] if i in places}
            if mine:
                yield from self._collected(record, mine, requests)
        left = list(places.items())
        for start in range(0, len(left), MOST):
            mine = dict(left[start : start + MOST])
            record = {"mark": uuid.uuid4().hex, "ids": list(mine), "failed": []}
            self._write(record)
            yield from self._collected(record, mine, requests)

    def _records(self) -> Iterator[dict[str, Any]]:
        for path in sorted(self.folder.glob("batch-*.json")):
            record = json.loads(path.read_text(encoding="utf-8"))
            failed = set(record["failed"])  # these are asked for anew
            yield record | {"ids": [i for i in record["ids"] if i not in failed]}

    def _write(self, record: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(
            self._file(record), lambda t: t.write_text(json.dumps(record) + "\n", encoding="utf-8")
        )

    def _file(self, record: dict[str, Any]) -> Path:
        return self.folder / f"batch-{record['mark']}.json"

    def _collected(
        self, record: dict[str, Any], mine: Mapping[str, int], requests: Sequence[Request]
    ) -> Iterator[Result]:
        batch, most = self._submitted(record), Usage(0, 0)
        if batch is None:
            asked = [requests[place] for place in mine.values()]
            record["ids"] = list(mine)
            most = Usage(
                sum(m.prompt for _, m in asked), sum(m.completion for _, m in asked), batch=True
            )
            self.service.budget.reserve(most)
            batch = self._submit(record, dict(zip(mine, (body for body, _ in asked), strict=True)))
        batch = self._ended(batch)
        if batch["status"].lower() == "failed":
            self._file(record).unlink()
            why = str(batch.get("errors"))[:300]
            raise StudyError(f"models: '{self.service.name}': the service refuses a batch: {why}")
        found = {i: reply for i, reply in self._lines(batch) if i in mine}
        self._pay(record, most, found)
        record["failed"] = sorted({*record["failed"], *_failed(mine, found)})
        self._write(record)
        for name, place in mine.items():
            yield place, found.get(name, Failed("the batch ended without a reply"))

    def _call(self, method: str, path: str, **how: Any) -> Any:
        return self.service.call(method, self.root + path, **how)

    def _submitted(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """Return a batch that was submitted before; None: it was not."""
        if "batch" in record:
            known: dict[str, Any] = self._call("GET", f"/batches/{record['batch']}")
            return known
        after: dict[str, Any] = {}
        while True:
            page = self._call("GET", "/batches", params={"limit": 100} | after)
            for batch in page["data"]:
                if (batch.get("metadata") or {}).get(MARK) == record["mark"]:
                    return dict(batch)
            if not page.get("has_more") or not page["data"]:
                return None
            after = {"after": page["data"][-1]["id"]}

    def _submit(
        self, record: dict[str, Any], bodies: Mapping[str, dict[str, Any]]
    ) -> dict[str, Any]:
        content = self._request_lines(bodies)
        file = self._call(
            "POST", "/files", data={"purpose": "batch"}, files={"file": ("batch.jsonl", content)}
        )
        while file.get("status") in UNREAD:
            self.service.stop.wait(self.service.limits.batch_poll_seconds)
            file = self._call("GET", f"/files/{file['id']}")
        wanted = {
            "input_file_id": file["id"], "endpoint": self.path, "completion_window": "24h",
            "metadata": {MARK: record["mark"]},
        }  # fmt: skip
        try:
            batch = self._call("POST", "/batches", once=True, json=wanted)
        except Failed as e:  # it may have been submitted all the same
            batch = self._submitted(record)
            if batch is None:
                raise StudyError(
                    f"models: '{self.service.name}': the batch could not be submitted: {e}. The same command "
                    "tries again."
                ) from None
        self._write(record | {"batch": batch["id"]})
        record["batch"] = batch["id"]
        logger.info("%s: a batch of %d requests: %s", self.service.name, len(bodies), batch["id"])
        return dict(batch)

    def _request_lines(self, bodies: Mapping[str, dict[str, Any]]) -> bytes:
        """Return the file of a batch's requests."""
        shaped = self.service.request.shaped
        lines = [
            {"custom_id": i, "method": "POST", "url": self.path, "body": shaped(body)}
            for i, body in bodies.items()
        ]
        return "".join(json.dumps(line) + "\n" for line in lines).encode()

    def _ended(self, batch: dict[str, Any]) -> dict[str, Any]:
        while batch["status"].lower() not in ENDED:  # Azure writes some in capitals
            self.service.stop.wait(self.service.limits.batch_poll_seconds)
            batch = self._call("GET", f"/batches/{batch['id']}")
        return batch

    def _lines(self, batch: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the name of each request with its reply, or with why it failed."""
        for kind in ("output_file_id", "error_file_id"):
            if not batch.get(kind):
                continue
            content = self._call("GET", f"/files/{batch[kind]}/content", raw=True)
            for text in content.decode().splitlines():
                line = json.loads(text)
                yield str(line["custom_id"]), reply_of(line)

    def _pay(self, record: dict[str, Any], most: Usage, found: Mapping[str, Any]) -> None:
        """Count once what a batch cost; one that an earlier run submitted may be counted already."""
        used = [usage_of(reply) for reply in found.values() if not isinstance(reply, Failed)]
        total = Usage(
            sum(u.prompt for u in used if u), sum(u.completion for u in used if u),
            sum(u.cached for u in used if u), batch=True, told=sum(u.told for u in used if u),
        )  # fmt: skip
        if most.prompt:
            self.service.budget.settle(most, total)
        elif not record.get("counted"):
            self.service.budget.count(total)
        record["counted"] = True


def batch_places(address: str) -> tuple[str, str]:
    """Return where a service's files and batches lie, and what stands before the path of their requests.

    Azure's lie above the deployment that answers single requests, and their requests' paths have no version.

    Args:
        address: the service's.
    """
    above = re.sub(r"/deployments/[^/]+/?$", "", address)
    return ("", "/v1") if above == address else (above, "")


def reply_of(line: Mapping[str, Any]) -> Any:
    """Return the reply in a line of results, or why there is none."""
    response = line.get("response") or {}
    body = response.get("body")
    error = error_of(body) or error_of(line)
    status = int(response.get("status_code") or 500)
    if error is not None and about_the_prompt(status, error):
        return Flagged(f"the server says {status}: {error}", again=False, billed=False)
    if error is not None or status != 200:
        return Failed(f"the server says {status}: {error}", again=False, billed=False)
    return body


def _failed(mine: Mapping[str, int], found: Mapping[str, Any]) -> list[str]:
    """Return what has no reply and is to be asked for again."""
    return [
        i for i in mine
        if isinstance(found.get(i, Failed("")), Failed) and not isinstance(found.get(i), Flagged)
    ]  # fmt: skip


def _name(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
