"""Chromium's own export of what a small page uploads, judged as a user would judge a bug report."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import md5
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from scripted import scripted, stated

from conformance.reference.launch import launch

PAGE = """<!doctype html><title>upload</title><script>
const api = async (method, path, body) => {
  const asked = {method, headers: {Authorization: TOKEN, "Content-Type": "application/json"}};
  if (body) asked.body = JSON.stringify(body);
  const answer = await fetch(BASE + path, asked);
  await new Promise(done => setTimeout(done, 30));
  return {status: answer.status, body: await answer.json()};
};
const until = async (status, ask) => {
  for (let n = 0; n < 300; n++) { const told = await ask(); if (told.status === status) return told.body; }
  throw new Error("never " + status);
};
const run = async () => {
  const project = (await api("POST", "/projects", {name: "page", description: "of a browser"})).body.id;
  for (const [text, md5, verdict, sure] of FILES) {
    const hash = {algorithm: "md5", value: md5};
    const wanted = {name: "a.txt", content_type: "text/plain", size: text.length, chunked: false};
    let file = {};
    for (let n = 0; n < (sure ? 20 : 1) && !file.id; n++) {  // what is known to be bad already may be refused
      const made = await until(201, () => api("POST", `/projects/${project}/uploads`, wanted));
      await fetch(made.signed_url.host + made.signed_url.url, {method: "PUT", body: text});
      await new Promise(done => setTimeout(done, 30));
      await api("PUT", `/uploads/${made.id}/complete`, {hash});
      const parent = {kind: "dds-project", id: project};
      file = (await api("POST", "/files", {parent, upload: {id: made.id}})).body;
    }
    if (!file.id) continue;
    const url = await until(verdict, () => api("GET", `/files/${file.id}/url`));
    if (verdict === 200) await (await fetch(url.host + url.url)).text();
  }
};
</script>"""
CHROMIUM = ["--disable-web-security"]
"""The page, the API and the store are three origins, and the store sends no headers for that."""
TEXTS = ("the bytes of a small page", "other bytes, whose hash is reported wrong")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("", "conformant"), ("good-integrity-single-part", "nonconformant")],
    ids=["correct", "faulty"],
)
def test_what_a_page_uploads_is_judged_by_chromiums_own_export(
    fault: str, outcome: str, tmp_path: Path, browser: Browser
) -> None:
    """The same verdict as of any recording: conformant for a correct server, not for one that refuses good files."""
    good = 400 if fault else 200
    files = [(TEXTS[0], md5(TEXTS[0].encode()).hexdigest(), good, True), (TEXTS[1], "0" * 32, 400, False)]
    har = tmp_path / "page.har"
    with launch(lag="0.3", faults=[fault] if fault else []) as server:
        given = (
            f"const TOKEN={json.dumps(server.token)}, BASE={json.dumps(server.base_url)}, FILES={json.dumps(files)};"
        )
        page_bytes = PAGE.replace("<script>", f"<script>{given}").encode()
        with scripted(lambda _head, _body: stated(page_bytes, Content_Type="text/html")) as pages:
            context = browser.new_context(record_har_path=str(har), record_har_content="embed")
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{pages.port}/")
            page.evaluate("run()")
            context.close()
    words = [sys.executable, "-m", "conformance", "judge", str(har), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    document = json.loads(done.stdout)
    assert document["outcome"] == outcome, document["reasons"]
    assert server.token not in done.stdout
    counted = {row["id"]: row for row in document["requirements"]}
    assert counted["complete-202"]["exposures"] >= 2
    assert counted["project-create-202"]["outcome"] == "pass"
    if fault:
        assert counted["good-never-integrity"]["outcome"] == "fail"
    else:
        assert counted["bytes-exact"]["outcome"] == "pass"
