"""usage: oracles.py request|response <LISTS >VERDICTS

Parses what clients or servers sent with h11 and with llhttp. LISTS is a JSON array of {"bytes", "ended"}: a text in which
each character is one byte, and whether the connection ended behind it. VERDICTS is a JSON array with one
{"h11": verdict, "llhttp": verdict} for each. A verdict has the bodies of the messages that were whole, and "error": null
when there was none, not even a message without an end. llhttp counts interim answers as messages.
"""

import json
import sys

import h11
import llhttp

END = h11.NEED_DATA, h11.PAUSED


def with_h11(side, data, ended):
    """Each request is answered, and each answer asked for, so that the next message may come."""
    bodies = []
    connection = asked() if side == "response" else h11.Connection(h11.SERVER)
    try:
        if data:
            connection.receive_data(data)
        if ended:
            connection.receive_data(b"")
        body = b""
        event = connection.next_event()
        while event not in END and not isinstance(event, h11.ConnectionClosed):
            if isinstance(event, h11.Data):
                body += event.data
            if isinstance(event, h11.EndOfMessage):
                bodies.append(body.decode("latin-1"))
                body = b""
                connection = ready_again(side, connection, ended)
                if connection is None:
                    return verdict(bodies, None)
            event = connection.next_event()
    except h11.ProtocolError as error:
        return verdict(bodies, error)
    idle = connection.their_state in (h11.IDLE, h11.DONE, h11.MUST_CLOSE, h11.CLOSED)
    rest = connection.trailing_data[0]
    nothing = not rest and (idle or (side == "response" and connection.their_state is h11.SEND_RESPONSE))
    return verdict(bodies, None if nothing else "no end")


def asked():
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "a"), ("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    return connection


def ready_again(side, connection, ended):
    """The connection in front of its next message; None when there can be none."""
    if side == "request":
        connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
        connection.send(h11.EndOfMessage())
    if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
        return None
    if side == "request":
        connection.start_next_cycle()
        return connection
    rest = connection.trailing_data[0]
    if not rest:
        return None
    connection = asked()
    connection.receive_data(rest)
    if ended:
        connection.receive_data(b"")
    return connection


def with_llhttp(side, data, ended):
    bodies = []
    body = bytearray()
    begun = [False]

    class Parser(llhttp.Request if side == "request" else llhttp.Response):
        def on_message_begin(self):
            begun[0] = True
            body.clear()

        def on_body(self, piece):
            body.extend(piece)

        def on_message_complete(self):
            begun[0] = False
            bodies.append(body.decode("latin-1"))

    parser = Parser()
    try:
        while data:
            data = data[parser.execute(data) :]
            if data:
                parser.upgrade()  # which it believes in; the gateway does not
        if ended:
            parser.finish()
    except llhttp.ClosedConnectionError:
        return verdict(bodies, None)  # what comes behind the last message of a connection is not read
    except llhttp.Error as error:
        return verdict(bodies, error)
    return verdict(bodies, "no end" if begun[0] else None)


def verdict(bodies, error):
    name = f"{type(error).__name__}: " if isinstance(error, Exception) else ""
    return {"bodies": bodies, "error": None if error is None else f"{name}{error}"}


def main():
    side = sys.argv[1]
    verdicts = []
    for sent in json.load(sys.stdin):
        data = sent["bytes"].encode("latin-1")
        verdicts.append({parse.__name__[5:]: parse(side, data, sent["ended"]) for parse in (with_h11, with_llhttp)})
    json.dump(verdicts, sys.stdout)


main()
