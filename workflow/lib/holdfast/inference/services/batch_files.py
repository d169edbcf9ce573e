"""Batches as files: what vLLM's `run-batch` computes from one file into another, without a server."""

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from holdfast.atomic_writes import write_whole
from holdfast.errors import StudyError
from holdfast.inference.services.api_batches import Batches, reply_of


class BatchFiles(Batches):
    """Batches that are computed elsewhere: a job writes requests and ends, the next one reads results."""

    def _submitted(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """Return a batch whose results are there; None: its requests were not written yet.

        Raises:
            StudyError: the results are still to be computed.
        """
        requests, results = self._places(record)
        if results.exists():
            return {"status": "completed", "results": results}
        if requests.exists():
            raise self._to_be_computed(record)
        return None

    def _submit(
        self, record: dict[str, Any], bodies: Mapping[str, dict[str, Any]]
    ) -> dict[str, Any]:
        content = self._request_lines(bodies)
        write_whole(self._places(record)[0], lambda t: t.write_bytes(content))
        self._write(record)
        raise self._to_be_computed(record)

    def _lines(self, batch: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the name of each request with its reply, or with why it failed."""
        path: Path = batch["results"]
        try:
            lines = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
            found = [(str(line["custom_id"]), reply_of(line)) for line in lines]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
            raise StudyError(
                f"{path}: can't be read as results of run-batch ({type(e).__name__}). Remove it, have it "
                "computed anew, and run the same command again."
            ) from None
        yield from found

    def _places(self, record: Mapping[str, Any]) -> tuple[Path, Path]:
        name = f"batch-{record['mark']}"
        return self.folder / f"{name}.requests.jsonl", self.folder / f"{name}.results.jsonl"

    def _to_be_computed(self, record: Mapping[str, Any]) -> StudyError:
        requests, results = (shlex.quote(str(path)) for path in self._places(record))
        return StudyError(
            f"models: '{self.service.name}': {len(record['ids'])} requests are in {requests}. Have them "
            f"computed: vllm run-batch -i {requests} -o {results} --model … Then the same command goes on."
        )
