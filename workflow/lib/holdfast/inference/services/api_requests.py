"""Requests to an OpenAI-compatible server: retries, rate, time-outs, budget. The key goes nowhere else."""

import json
import logging
import ssl
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx2
import tenacity

from holdfast.errors import StudyError
from holdfast.inference.models.registry import Deployment
from holdfast.inference.services.api_budget import Budget, Usage
from holdfast.inference.services.api_replies import (
    about_the_prompt,
    error_of,
    error_status,
    usage_of,
)
from holdfast.inference.services.server_words import (
    REFUSED,
    asked_wait,
    is_page,
    nobody_takes,
    one_line,
    proxy_before,
    without_credit,
)
from holdfast.inference.services.service_keys import Secrets, key_of

logger = logging.getLogger(__name__)

HOPELESS = 20  # requests that fail one after the other: the job ends
UNREACHABLE = 10.0  # seconds after which a server that was never reached is not waited for
KEPT = "What was answered is kept: the same command goes on from there."


class Failed(Exception):
    """A request that got no usable reply.

    Attributes:
        again: whether another attempt may help.
        wait: seconds that the server asks to wait.
        billed: whether it may have cost something.
    """

    def __init__(
        self, why: str, again: bool = True, wait: float = 0.0, billed: bool = True
    ) -> None:
        """Say why."""
        super().__init__(why)
        self.again, self.wait, self.billed = again, wait, billed


class Flagged(Failed):
    """A service holds one prompt back for what it says."""


@cache
def _certificates() -> ssl.SSLContext:
    """Return what servers' certificates are checked by; reading it takes a twentieth of a second."""
    return httpx2.create_ssl_context()


class Service:
    """One model's server."""

    def __init__(self, name: str, deployment: Deployment) -> None:
        """Prepare; nothing is sent yet.

        Args:
            name: the model's name, for messages.
            deployment: address, name of the key's variable, limits.

        Raises:
            StudyError: the variable of the key is not set.
        """
        self.name, self.limits = name, deployment.limits
        service = deployment.service
        self.request = service.request
        key = key_of(name, deployment.api_key_variable)
        more = {header: key_of(name, variable) for header, variable in self.request.headers.items()}
        self._secrets = Secrets(key, *more.values())
        self.budget = Budget(name, deployment.limits)
        self.stop = threading.Event()
        self._next_slot, self._slots = 0.0, threading.Lock()
        self._answered = self._gave_up = 0
        self.failure = ""  # why the last request failed that did after all its attempts
        self._reached, self._began = False, 0.0
        self.address = address = service.base_url or "https://api.openai.com/v1"
        self._proxy = proxy_before(address)
        try:
            self._client = httpx2.Client(
                base_url=address,
                headers=({"Authorization": f"Bearer {key}"} if key else {}) | more,
                params=self.request.query,
                verify=_certificates(),
                timeout=httpx2.Timeout(
                    self.limits.timeout_seconds,
                    connect=min(self.limits.timeout_seconds, UNREACHABLE),
                ),
                limits=httpx2.Limits(max_connections=self.limits.concurrency),
            )
        except (ImportError, ValueError, httpx2.InvalidURL) as e:  # of a proxy
            why = self._secrets.redacted(one_line(str(e)))
            raise StudyError(
                f"models: '{name}': {address} can't be asked{self._proxy}: {why}"
            ) from None

    def ask(
        self, path: str, body: dict[str, Any], most: Usage, read: Callable[[Any], Any]
    ) -> Any | None:
        """Return what `read` makes of the reply, or None if every attempt failed.

        Args:
            path: of the endpoint.
            body: the request.
            most: tokens that it can cost at most.
            read: takes the reply apart; KeyError, TypeError and the like mean a broken reply.

        Raises:
            StudyError: the server refuses the key or the model, or the budget is used up.
            Flagged: it refuses this prompt.
        """
        try:
            answer = self.try_to_ask(path, body, most, read)
        except Flagged:
            self._gave_up = 0
            raise
        except Failed as e:
            self._give_up(str(e))
            return None
        self._answered += 1
        self._gave_up = 0
        return answer

    def try_to_ask(
        self, path: str, body: dict[str, Any], most: Usage, read: Callable[[Any], Any]
    ) -> Any:
        """Return the same, but raise Failed with the server's words if every attempt failed."""
        return self._attempts(self._attempt, path, self.request.shaped(body), most, read)

    def call(
        self, method: str, path: str, raw: bool = False, once: bool = False, **content: Any
    ) -> Any:
        """Return what the server replies to a request that costs nothing, as data or as bytes.

        Args:
            method: of HTTP.
            path: of the endpoint, or its whole address.
            raw: are the bytes wanted?
            once: is it not to be repeated?
            content: of the request, as the transport takes it.

        Raises:
            Failed: it did, where it is not to be repeated.
            StudyError: every attempt failed; or as `ask`.
        """

        def attempt() -> Any:
            response, found = self._send(method, path, **content)
            return found if raw and response.status_code == 200 else self._checked(response, found)

        if once:
            return attempt()
        try:
            return self._attempts(attempt)
        except Failed as e:
            raise StudyError(f"models: '{self.name}': {path}: {e}. {KEPT}") from None

    @property
    def _attempts(self) -> tenacity.Retrying:
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, Failed) and e.again),
            stop=tenacity.stop_after_attempt(self.limits.attempts)
            | tenacity.stop_when_event_set(self.stop),
            wait=self._wait,
            sleep=tenacity.sleep_using_event(self.stop),
            reraise=True,
        )

    def _attempt(
        self, path: str, body: dict[str, Any], most: Usage, read: Callable[[Any], Any]
    ) -> Any:
        self.budget.reserve(most)
        used: Usage | None = Usage(0, 0)
        try:
            self._wait_for_slot()
            used = None  # from here on it may cost the most
            reply = self._post(path, body)
            used = usage_of(reply)
            _warn_if_more(used, most)
            return self._taken_apart(reply, read)
        except Failed as e:
            used = used if e.billed else Usage(0, 0)
            raise
        finally:
            self.budget.settle(most, used)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._checked(*self._send("POST", path, json=body))

    def _send(self, method: str, path: str, **content_of: Any) -> tuple[httpx2.Response, bytes]:
        began = time.monotonic()
        self._began = self._began or began
        try:
            with self._client.stream(method, path, **content_of) as response:
                self._reached, content = True, bytearray()
                for chunk in response.iter_bytes():
                    content += chunk
                    if time.monotonic() - began > self.limits.timeout_seconds:
                        raise Failed("the reply took too long")
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as e:
            host = self._client.base_url.host
            said = self._secrets.redacted(str(e)) or "it does not answer"
            why = f"can't be reached{self._proxy}: {said}"
            if not self._reached and time.monotonic() - self._began >= UNREACHABLE:
                raise StudyError(
                    f"models: '{self.name}': its server at {host} {why}. Is it running, "
                    "and is `base_url` its address?"
                ) from None
            raise Failed(f"its server at {host} {why}", billed=False) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as e:
            note = self._proxy if isinstance(e, httpx2.ProxyError) else ""
            raise Failed(f"{type(e).__name__}{note}: {self._secrets.redacted(str(e))}") from None
        return response, bytes(content)

    def _checked(self, response: httpx2.Response, content: bytes) -> Any:
        text = self._words(content.decode("utf-8", "replace"))
        if response.is_redirect:
            text = f"go to {self._secrets.redacted(response.headers.get('location', 'another address'))}"
        try:
            reply = json.loads(content)
        except ValueError:
            reply = None
        error, status = error_of(reply), response.status_code
        if error is not None:
            status = error_status(status, error)
            if about_the_prompt(status, error):
                raise Flagged(f"the server says {status}: {text}", again=False, billed=False)
        self._check_status(status, text, response, content)
        if reply is None:
            raise Failed(f"the reply is not valid JSON: {text or 'it is empty'}")
        return reply

    def _words(self, said: str) -> str:
        """Return what a server says in one line, with a note where it is a web page, as no API sends it."""
        hide = self._secrets.redacted
        text = hide(one_line(hide(said)))[:200]  # cut last: half a key is one
        return f"[a web page{self._proxy}] {text}" if is_page(said) else text

    def _check_status(
        self, status: int, text: str, response: httpx2.Response, content: bytes
    ) -> None:
        said = f"models: '{self.name}': the server says {status}: "
        wait = asked_wait(response.headers.get("retry-after", ""))
        if without_credit(status, content):
            raise StudyError(f"{said}there is no credit left. It says: {text}. {KEPT}")
        of_this = (status == 403 and self._answered) or nobody_takes(status, content)
        if status in REFUSED and not of_this:
            raise StudyError(f"{said}{REFUSED[status]}. It says: {text}")
        if status == 429:
            raise Failed(f"too many requests (429): {text}", True, wait, billed=False)
        if status >= 500 or status == 408:
            raise Failed(f"the server says {status}: {text}", True, wait)
        if status != 200:
            raise Failed(f"the server says {status}: {text}", again=False, billed=False)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, Failed) else 0.0
        longest = self.limits.longest_wait_seconds
        backoff = tenacity.wait_random_exponential(multiplier=longest / 30, max=longest)
        return asked + float(backoff(state))

    def _wait_for_slot(self) -> None:
        """Wait so that no more than the allowed number of requests begin in a minute."""
        if not self.limits.requests_per_minute:
            return
        with self._slots:
            slot = max(time.monotonic(), self._next_slot)
            self._next_slot = slot + 60 / self.limits.requests_per_minute
        self.stop.wait(slot - time.monotonic())

    def _give_up(self, why: str) -> None:
        if self.stop.is_set():
            return
        self._gave_up, self.failure = self._gave_up + 1, why
        logger.warning("%s: a request failed after its last attempt: %s", self.name, why)
        if self._gave_up >= HOPELESS:
            raise StudyError(
                f"models: '{self.name}': {self._gave_up} requests failed one after the other. The last: {why}. "
                f"{KEPT}"
            )

    def _taken_apart(self, reply: Any, read: Callable[[Any], Any]) -> Any:
        try:
            return read(reply)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            said = self._words(json.dumps(reply))
            raise Failed(f"the reply lacks what it should have: {said}") from None


def _warn_if_more(used: Usage | None, most: Usage) -> None:
    if used and used.prompt + used.completion > most.prompt + most.completion:
        logger.warning("a request cost more tokens than reserved: %s, reserved %s", used, most)
