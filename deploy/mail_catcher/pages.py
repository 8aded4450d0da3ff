"""The pages and the small JSON interface that show the caught mails."""

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.middleware.proxy_fix import ProxyFix

from deploy.mail_catcher.calendar_part import Invitation, read
from deploy.mail_catcher.caught import Caught, Mail

# What a mail brings along must not run or load anything: no script, no picture from elsewhere, no form.
OWN_PAGES = (
    "default-src 'none'; img-src data:; style-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'"
)
MAIL_BODY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"


def application(caught: Caught) -> Flask:
    app = Flask(__name__)
    # Behind a gateway the links need its prefix (X-Forwarded-Prefix).
    app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]

    def found(number: int) -> Mail:
        return caught.get(number) or abort(404)

    @app.get("/")
    def inbox() -> str:
        to = request.args.get("to", "").strip()
        return render_template("inbox.html", mails=caught.newest_first(to), to=to)

    @app.get("/messages/<int:number>")
    def message(number: int) -> str:
        mail = found(number)
        invitation: Invitation | None = read(mail.calendar) if mail.calendar else None
        return render_template("message.html", mail=mail, invitation=invitation)

    @app.get("/messages/<int:number>/html")
    def html(number: int) -> Response:
        answer = Response(found(number).html, mimetype="text/html")
        answer.headers["Content-Security-Policy"] = MAIL_BODY
        return answer

    @app.get("/messages/<int:number>/raw")
    def raw(number: int) -> Response:
        return Response(found(number).raw, mimetype="text/plain")

    @app.get("/api/messages")
    def messages() -> Response:
        return jsonify({"items": [as_json(mail) for mail in caught.newest_first(request.args.get("to"))]})

    @app.get("/api/messages/<int:number>")
    def one(number: int) -> Response:
        return jsonify(as_json(found(number)))

    @app.delete("/api/messages")
    def forget() -> tuple[str, int]:
        caught.forget()
        return "", 204

    @app.get("/healthz")
    @app.get("/readyz")
    def health() -> dict[str, str]:
        return {"status": "up"}

    @app.errorhandler(404)
    def gone(_: Exception) -> tuple[str, int]:
        return render_template("gone.html"), 404

    @app.after_request
    def careful(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", OWN_PAGES)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Cache-Control"] = "private, no-store"
        return answer

    return app


def as_json(mail: Mail) -> dict[str, object]:
    return {
        "number": mail.number,
        "from": mail.sender,
        "to": list(mail.recipients),
        "subject": mail.subject,
        "caught_at": mail.caught_at.isoformat(),
        "headers": dict(mail.headers),
        "text": mail.text,
        "html": mail.html,
        "calendar": mail.calendar,
    }
