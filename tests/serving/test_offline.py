"""Nothing leaves this computer: not by the page, not by the app, not by a prediction in Python."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from emotion_classifier.serving.offline import OfflinePage

from .conftest import RunningApp, untold_environment

FETCHED = {"src", "srcset", "href", "poster", "data", "action", "background"}
# family and address of one line that strace writes for a connect()
CONNECT = re.compile(r'sa_family=AF_INET6?.*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"')
PREDICT = """
import sys, runpy
sys.addaudithook(runpy.run_path(sys.argv[1])["watch"])
from emotion_classifier import EmotionClassifier
print(len(EmotionClassifier().predict(sys.argv[2]).readings))
"""


class References(HTMLParser):
    """Gathers every address that a browser would fetch for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.metas: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in FETCHED]
        if tag == "meta":
            self.metas.append(dict(attrs))


def hosts_of(base: str, references: list[str]) -> set[str | None]:
    absolute = [urlsplit(urljoin(base, reference)) for reference in references]
    return {parts.hostname for parts in absolute if parts.scheme not in {"data", "blob"}}


def test_the_page_its_styles_and_its_script_name_no_outside_address(fake_app: RunningApp) -> None:
    page = References()
    page.feed(fake_app.get("/")[1])
    assert hosts_of(fake_app.url + "/", page.found) == {"127.0.0.1"}
    assert not any("http" in str(meta.get("content")) for meta in page.metas)

    styles = [reference for reference in page.found if ".css" in reference]
    scripts = [reference for reference in page.found if ".js" in reference]
    assert styles and scripts
    for style in [*styles, "/theme.css"]:
        css = fake_app.get(urljoin("/", style))[1]
        fetched = re.findall(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", css)
        assert hosts_of(fake_app.url, [one or other for one, other in fetched]) <= {"127.0.0.1"}
    for script in scripts:
        code = fake_app.get(urljoin("/", script))[1]
        assert not re.search(r"""(?:\bimport|\bfrom|\bimportScripts)\s*\(?\s*["'`]https?:""", code)


def test_the_browser_is_told_to_refuse_everything_from_outside(fake_app: RunningApp) -> None:
    headers, _ = fake_app.get("/")
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    sources = {source for value in policy.values() for source in value.split()}
    assert sources <= {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"}
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=https://example.com/",
        "/gradio_api/file=/etc/hostname",
        "/gradio_api/runs",
        "/gradio_api/upload",
        "/gradio_api/vibe-code",
        "/monitoring",
        "/docs",
        "/openapi.json",
    ],
)
def test_routes_the_page_does_not_need_are_closed(fake_app: RunningApp, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        fake_app.get(path)
    with refused.value:
        assert refused.value.code == 404


def test_the_page_is_told_not_to_keep_a_history_or_report_its_use(fake_app: RunningApp) -> None:
    _, config = fake_app.get("/config")
    assert '"analytics_enabled":false' in config.replace(" ", "")
    assert '"run_history":true' not in config.replace(" ", "")


def test_the_app_connects_to_nothing_but_this_computer(real_app: RunningApp, smiling: bytes) -> None:
    assert "ec-degree" in real_app.ask(smiling)
    assert real_app.process.poll() is None, "the audit hook saw an outside connection and ended the app"
    assert not list(real_app.home.rglob("*onnxruntime*")), "ONNX Runtime has prepared its reports"
    if real_app.connections:
        assert outside(real_app.connections) == []


def test_a_prediction_connects_to_nothing_and_keeps_nothing(smiling: bytes, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(smiling)
    log = tmp_path / "connections.txt"
    hook = str(Path(__file__).with_name("fake_server.py"))
    command = [sys.executable, "-c", PREDICT, hook, str(photo)]
    if strace := shutil.which("strace"):
        command = [strace, "-f", "-qq", "-e", "trace=connect", "-o", str(log), *command]
    environment = untold_environment(tmp_path / "home")
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr
    # ONNX Runtime opens a database for its reports before it sends them, minutes later in some runs.
    assert list((tmp_path / "home").rglob("*")) == []
    if strace:
        assert re.findall(r"AF_INET", log.read_text()) == []


def outside(log: Path) -> list[str]:
    addresses = CONNECT.findall(log.read_text())
    return [address for address in addresses if not address.startswith("127.") and address != "::1"]


def test_the_reading_of_strace_would_see_an_outside_connection(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        '1 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0\n'
        '1 connect(4, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}, 16) = -1\n'
        "1 connect(5, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), "
        'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = -1\n'
        '1 connect(6, {sa_family=AF_UNIX, sun_path="/run/nscd/socket"}, 110) = -1 ENOENT\n'
    )
    assert outside(log) == ["192.0.2.7", "2001:db8::1"]


def test_the_audit_hook_would_end_the_app() -> None:
    hook = str(Path(__file__).with_name("fake_server.py"))
    code = "import sys, runpy, socket; sys.addaudithook(runpy.run_path(sys.argv[1])['watch']); "
    attempt = code + "socket.create_connection(('192.0.2.1', 9), timeout=1)"
    done = subprocess.run([sys.executable, "-c", attempt, hook], capture_output=True, text=True, timeout=60)
    assert done.returncode == 97
    assert "192.0.2.1" in done.stderr


async def inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"<html></html>"})


def asked(app: OfflinePage, host: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, "/", headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "LOCALHOST:1", "[::1]:7860"])
def test_a_local_page_answers_by_its_local_names(host: str) -> None:
    assert asked(OfflinePage(inner), host).status_code == 200


@pytest.mark.parametrize("host", ["evil.example:7860", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_name_that_another_site_has_lead_here_reads_nothing_of_a_local_page(host: str) -> None:
    refused = asked(OfflinePage(inner), host)
    assert refused.status_code == 403 and "at localhost or 127.0.0.1" in refused.text
    assert asked(OfflinePage(inner, local=False), host).status_code == 200


def test_another_site_can_send_nothing() -> None:
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        for local in (True, False):
            sent = asked(OfflinePage(inner, local=local), "localhost", "POST", **{"sec-fetch-site": site})
            assert sent.status_code == status


def test_only_sites_that_are_named_may_show_the_page_in_a_frame() -> None:
    def ancestors(app: OfflinePage) -> str:
        policy = asked(app, "localhost").headers["content-security-policy"]
        return next(part for part in policy.split("; ") if part.startswith("frame-ancestors"))

    assert ancestors(OfflinePage(inner)) == "frame-ancestors 'self'"
    named = OfflinePage(inner, frame_ancestors=["https://huggingface.co", "https://*.hf.space"])
    assert ancestors(named) == "frame-ancestors 'self' https://huggingface.co https://*.hf.space"
