"""Talking to somebody's HTTP endpoint: who one is, how long to wait, when to ask again, and what went wrong.

The one place that sends requests: `kg.remote` asks and `kg.push` writes through it. Credentials never leave for another
host than the one that the user named, and never stand in a message.
"""

from __future__ import annotations

import gzip
import os
import time
import zlib
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit
from urllib.request import (
    AbstractDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    HTTPRedirectHandler,
    build_opener,
    parse_http_list,
    parse_keqv_list,
)

from kg.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from email.message import Message
    from http.client import HTTPMessage
    from typing import IO
    from urllib.request import Request

TIMEOUT = 60.0
"""Seconds of silence after which an endpoint is given up."""

RETRIES = 4
"""How many times a request is sent again after a failure that may pass."""

LONGEST_WAIT = 60.0
"""Seconds: the longest `Retry-After` that is waited for."""

_PASSING = {429, 502, 503, 504}
"""Statuses of failures that may pass: too many requests, a gateway's trouble, a server that is busy."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a user with a password (HTTP Basic or Digest, as the endpoint wants), or a bearer token."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Credentials:
        """What KG_ENDPOINT_USER, KG_ENDPOINT_PASSWORD and KG_ENDPOINT_TOKEN say."""
        names = ("KG_ENDPOINT_USER", "KG_ENDPOINT_PASSWORD", "KG_ENDPOINT_TOKEN")
        return cls(*(environment.get(name, "") for name in names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to talk to an endpoint.

    Without `credentials` those of the environment are used; a user in the URL goes before either. `page_size` makes
    large answers come in pages of that many rows. `remark` is told what its user should know: that a request is sent
    again, that an answer looks cut.
    """

    credentials: Credentials | None = None
    timeout: float = TIMEOUT
    retries: int = RETRIES
    page_size: int | None = None
    remark: Callable[[str], None] | None = None
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the body, its media type in lower case without parameters, and all headers."""

    body: bytes
    media: str
    headers: Message


class Endpoint:
    """One URL of an endpoint. `place` is the URL without credentials and parameters, `parameters` are the latter.

    Raises `EndpointError` for a URL without a host.
    """

    def __init__(self, url: str, connection: Connection | None = None) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        if not host:
            raise EndpointError(f"{url} is not the URL of an endpoint: it has no host")
        self.connection = connection or Connection()
        self.place = urlunsplit((parts.scheme, host, parts.path, "", ""))
        self.parameters = parse_qsl(parts.query, keep_blank_values=True)
        self.software = ""
        """What the endpoint says it is, once it has answered: `Virtuoso/07.20.3229 …`."""
        self.credentials = _credentials(parts.username, parts.password, self.connection.credentials)
        self._safe = parts.scheme.lower() == "https" or parts.hostname in _LOOPBACK
        self._basic = bool(self.credentials.user) and self._safe
        self._digest: _Digest | None = None
        self._opener = build_opener(_Redirects)
        if self.credentials.token and not self._safe and self.connection.remark:
            self.connection.remark(f"{self.place}: the token goes there unencrypted; use https if you can")

    def url(self, *parameters: tuple[str, str]) -> str:
        """The URL with its own parameters and these."""
        query = urlencode([*self.parameters, *parameters])
        return f"{self.place}?{query}" if query else self.place

    def send(self, request: Request) -> Reply:
        """Send a request and return the reply, whatever it takes: credentials, patience, another try.

        Requests must be such that sending one twice does no harm. Raises `EndpointError`, whose `status` is that of
        HTTP when there was one.
        """
        request.add_unredirected_header("Accept-Encoding", "gzip")
        tries = 1 + max(0, self.connection.retries)
        for attempt in range(1, tries + 1):
            try:
                return self._send(request)
            except _Passing as failure:
                if attempt == tries:
                    again = f" (asked {tries} times)" if tries > 1 else ""
                    raise self.error(f"{failure.reason}{again}", failure.status) from failure
                wait = 2.0 ** (attempt - 1) if failure.wait is None else failure.wait
                if wait > LONGEST_WAIT:
                    raise self.error(
                        f"{failure.reason}; it asks to come back in {wait:.0f} seconds", failure.status
                    ) from failure
                if self.connection.remark:
                    self.connection.remark(f"{self.place}: {failure.reason}; asking again in {wait:g} s")
                self.connection.pause(wait)
        raise AssertionError("the loop returns or raises")

    def error(self, reason: str, status: int | None = None) -> EndpointError:
        """An error that names this endpoint."""
        return EndpointError(f"{self.place}: {reason}", status)

    # ------------------------------------------------------------------------------------------------------ one try

    def _send(self, request: Request) -> Reply:
        """Send once, or as often as it takes to be let in."""
        timeout = self.connection.timeout
        try:
            return self._let_in(request)
        except HTTPError as error:
            with error:
                body = error.read() if error.fp else b""
                self.software = error.headers.get("Server") or self.software
            reason = self._reason(error, _unpacked(body, error.headers))
            if error.code in _PASSING:
                raise _Passing(reason, error.code, _retry_after(error.headers)) from error
            raise self.error(reason, error.code) from error
        except TimeoutError as error:
            raise self.error(f"no answer within {timeout:g} seconds (--timeout waits longer)") from error
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise self.error(f"no answer within {timeout:g} seconds (--timeout waits longer)") from error
            if isinstance(error.reason, (ConnectionResetError, BrokenPipeError)):
                raise _Passing(f"the connection broke off: {error.reason}") from error
            raise self.error(f"cannot be reached: {error.reason}") from error
        except (ConnectionResetError, BrokenPipeError) as error:
            raise _Passing(f"the connection broke off: {error}") from error
        except IncompleteRead as error:
            raise _Passing(f"the connection broke off after {len(error.partial):,} bytes") from error
        except (HTTPException, OSError, ValueError, EOFError, zlib.error) as error:
            raise self.error(f"the connection failed: {error or type(error).__name__}") from error

    def _let_in(self, request: Request) -> Reply:
        """Send with what is known of how the endpoint wants its credentials, and learn it where it is not."""
        self._authorize(request)
        try:
            return self._exchange(request)
        except HTTPError as error:
            if error.code != 401 or not self.credentials.user:
                raise
            challenges = error.headers.get_all("WWW-Authenticate") or []
            if self._basic and not challenges:
                challenges = self._bare_challenges(request)  # Virtuoso tells none to those who try Basic first
            if digest := next(filter(_is_digest, challenges), None):
                self._digest, self._basic = _Digest(self.credentials, digest), False
            elif not self._basic and any(challenge.lower().startswith("basic") for challenge in challenges):
                self._basic = True
                if self.connection.remark and not self._safe:
                    self.connection.remark(f"{self.place}: the password goes there unencrypted; use https if you can")
            else:
                raise
            error.close()
        self._authorize(request)
        return self._exchange(request)

    def _bare_challenges(self, request: Request) -> list[str]:
        """What the endpoint asks for when a request comes without credentials."""
        request.remove_header("Authorization")
        try:
            self._exchange(request)
        except HTTPError as error:
            with error:
                return error.headers.get_all("WWW-Authenticate") or [] if error.code == 401 else []
        return []

    def _authorize(self, request: Request) -> None:
        request.remove_header("Authorization")
        if self.credentials.token:
            request.add_unredirected_header("Authorization", f"Bearer {self.credentials.token}")
        elif self._digest:
            request.add_unredirected_header("Authorization", self._digest.answer(request))
        elif self._basic:
            request.add_unredirected_header("Authorization", _basic(self.credentials))

    def _exchange(self, request: Request) -> Reply:
        with self._opener.open(request, timeout=self.connection.timeout) as response:
            headers = response.headers
            self.software = headers.get("Server") or self.software
            body = _unpacked(response.read(), headers)
            media = (headers.get("Content-Type") or "").partition(";")[0].strip().lower()
            return Reply(body, media, headers)

    def _reason(self, error: HTTPError, body: bytes) -> str:
        """What a status means to the user, and what to do."""
        status = f"HTTP {error.code} {error.reason}".rstrip()
        said = beginning(body)
        reason = f"{status}: {said}" if said else status
        if error.code == 401:
            who = self.credentials
            if who.token:
                return f"the token is not accepted ({reason})"
            if who.user:
                return f"the name {who.user!r} with this password is not accepted ({reason})"
            return (
                f"asks who you are ({reason}): set KG_ENDPOINT_USER and KG_ENDPOINT_PASSWORD, or KG_ENDPOINT_TOKEN, "
                "or give --user or --token-file"
            )
        if error.code == 403:
            return f"does not allow this ({reason})"
        if error.code in {301, 302, 303, 307, 308} and (place := error.headers.get("Location")):
            return f"has moved to {place} ({status}): name that URL"
        return reason


class _Passing(Exception):
    """A failure that may pass; `wait` is what the endpoint asks for, in seconds."""

    def __init__(self, reason: str, status: int | None = None, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.status, self.wait = reason, status, wait


class _Redirects(HTTPRedirectHandler):
    """Follows redirections of GET and HEAD only: another method would lose its body.

    Credentials go along to the same scheme, host and port, and nowhere else.
    """

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if req.get_method() not in {"GET", "HEAD"}:
            return None
        followed = super().redirect_request(req, fp, code, msg, headers, newurl)
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        known = req.get_header("Authorization", "")
        if followed and (here.scheme, here.netloc) == (there.scheme, there.netloc) and not _is_digest(known):
            followed.add_unredirected_header("Authorization", known)
        return followed


class _Digest:
    """Answers to one challenge of HTTP Digest (RFC 7616), request after request."""

    def __init__(self, credentials: Credentials, challenge: str) -> None:
        passwords = HTTPPasswordMgrWithDefaultRealm()
        self._handler = AbstractDigestAuthHandler(passwords)
        self._credentials, self._passwords = credentials, passwords
        self._challenge = parse_keqv_list(
            [part for part in parse_http_list(challenge.partition(" ")[2]) if "=" in part]
        )

    def answer(self, request: Request) -> str:
        """The header for a request; raises ValueError for a kind of digest that Python does not know."""
        who = self._credentials
        self._passwords.add_password(None, request.full_url, who.user, who.password)
        answer = self._handler.get_authorization(request, self._challenge)
        if not answer:
            raise ValueError("it wants a kind of HTTP Digest that is not known here")
        return f"Digest {answer}"


def _credentials(user: str | None, password: str | None, given: Credentials | None) -> Credentials:
    """The credentials of the URL, completed or replaced by those given."""
    given = Credentials.of_environment() if given is None else given
    if not user:
        return given
    return Credentials(unquote(user), unquote(password) if password is not None else given.password)


def _basic(credentials: Credentials) -> str:
    from base64 import b64encode

    return "Basic " + b64encode(f"{credentials.user}:{credentials.password}".encode()).decode()


def _is_digest(challenge: str) -> bool:
    return challenge.lower().startswith("digest ")


def _retry_after(headers: Message) -> float | None:
    """The seconds that a `Retry-After` header asks to wait, given as a number or as a date."""
    text = (headers.get("Retry-After") or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _unpacked(body: bytes, headers: Message) -> bytes:
    packed = (headers.get("Content-Encoding") or "").lower() == "gzip"
    return gzip.decompress(body) if packed and body else body


def beginning(body: bytes) -> str:
    """The first words of an answer, on one line."""
    line = " ".join(body[:400].decode("utf-8", errors="replace").split())
    return line if len(line) <= 200 else line[:199] + "…"
