#!/usr/bin/env python3
"""standin_upstream.py - a small local stand-in for the closed API, for the demonstration where no API key is set or the
API cannot be reached. It speaks enough of OpenAI's chat completions, streamed and not, for the real SDK, and says in
every answer that it is a stand-in. Standard library only; listens on 127.0.0.1.

    standin_upstream.py --port-file FILE [--record FILE]

The port it took is written to FILE. With --record, one line of JSON is added per request: method, path, body."""
import argparse
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = ("(The local stand-in for the closed API answers: no real model was asked. "
          "Your prompt of %d characters reached it unchanged.)")


def last_user_text(body):
    for message in reversed(body.get("messages", [])):
        content = message.get("content")
        if isinstance(content, str):
            return content
        if isinstance(content, list):
            return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    record = None

    def log_message(self, *args):
        pass

    def write_record(self, body):
        if self.record:
            with open(self.record, "a", encoding="utf-8") as f:
                f.write(json.dumps({"method": self.command, "path": self.path, "body": body.decode("utf-8", "replace")}) + "\n")

    def send_json(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.write_record(b"")
        if self.path.split("?")[0] == "/v1/models":
            self.send_json(200, {"object": "list", "data": [{"id": "gpt-4o-mini", "object": "model", "created": 1700000000,
                                                              "owned_by": "stand-in"}]})
        else:
            self.send_json(404, {"error": {"message": "not found", "type": "invalid_request_error", "param": None, "code": None}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.write_record(body)
        try:
            request = json.loads(body)
        except ValueError:
            self.send_json(400, {"error": {"message": "not JSON", "type": "invalid_request_error", "param": None, "code": None}})
            return
        text = ANSWER % len(last_user_text(request))
        common = {"id": "chatcmpl-standin", "created": int(time.time()), "model": request.get("model", "gpt-4o-mini")}
        if request.get("stream"):
            self.stream(common, text)
        else:
            self.send_json(200, dict(common, object="chat.completion", choices=[
                {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                usage={"prompt_tokens": 8, "completion_tokens": 20, "total_tokens": 28}))

    def stream(self, common, text):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        deltas = [{"role": "assistant", "content": ""}] + [{"content": word + " "} for word in text.split(" ")]
        for i, delta in enumerate(deltas + [{}]):
            last = i == len(deltas)
            self.event(dict(common, object="chat.completion.chunk", choices=[
                {"index": 0, "delta": delta, "finish_reason": "stop" if last else None}]))
        self.event(None)
        self.wfile.write(b"0\r\n\r\n")

    def event(self, value):
        data = b"data: " + (json.dumps(value).encode() if value else b"[DONE]") + b"\n\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port-file", required=True)
    p.add_argument("--record")
    a = p.parse_args()
    Handler.record = a.record
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with open(a.port_file + ".new", "w", encoding="ascii") as f:
        f.write("%d\n" % server.server_address[1])
    os.rename(a.port_file + ".new", a.port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
