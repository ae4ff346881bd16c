"""Sends manifests to an API server as a dry run, with python3 alone. check.sh calls it:
dry-run.py KUBECONFIG_AS_JSON ITS_DIRECTORY NAMESPACE MANIFESTS...
"""

import base64
import json
import os
import re
import ssl
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request


class ApiServer:
    """The API server of a kubeconfig's current context."""

    def __init__(self, config, directory):
        def named(kind, name):
            return next(one for one in config[kind + "s"] if one["name"] == name)[kind]

        context = named("context", config["current-context"])
        cluster = named("cluster", context["cluster"])
        user = named("user", context["user"])

        def content(section, key):
            if key + "-data" in section:
                return base64.b64decode(section[key + "-data"])
            if key in section:
                with open(os.path.join(directory, section[key]), "rb") as file:
                    return file.read()
            return None

        self.server = cluster["server"].rstrip("/")
        ca = content(cluster, "certificate-authority")
        self.tls = ssl.create_default_context(cadata=ca.decode() if ca else None)
        if cluster.get("insecure-skip-tls-verify"):
            self.tls.check_hostname = False
            self.tls.verify_mode = ssl.CERT_NONE
        self.headers = {"Accept": "application/json"}
        certificate, key = content(user, "client-certificate"), content(user, "client-key")
        if certificate and key:
            with tempfile.NamedTemporaryFile() as pem:
                pem.write(certificate + b"\n" + key)
                pem.flush()
                self.tls.load_cert_chain(pem.name)
        if "token" in user:
            self.headers["Authorization"] = "Bearer " + user["token"]
        elif "tokenFile" in user:
            with open(os.path.join(directory, user["tokenFile"])) as file:
                self.headers["Authorization"] = "Bearer " + file.read().strip()
        elif not certificate:
            sys.exit("dry-run.py: the kubeconfig's user has neither a token nor a client certificate")
        self.known = {}

    def call(self, method, path, body=None):
        """Status, answer and warnings."""
        request = urllib.request.Request(
            self.server + path,
            method=method,
            data=body,
            headers={**self.headers, **({"Content-Type": "application/yaml"} if body else {})},
        )
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=30) as answer:
                return answer.status, json.load(answer), answer.headers.get_all("Warning", [])
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                return error.code, json.loads(text), []
            except ValueError:
                return error.code, {"message": text.strip()}, []

    def resource(self, version, kind):
        """Path of the version, plural and whether namespaced; None where the server has no such kind."""
        if version not in self.known:
            path = ("/apis/" if "/" in version else "/api/") + version
            status, answer, _ = self.call("GET", path)
            if status not in (200, 404):
                sys.exit(f"dry-run.py: GET {path}: {status} {answer.get('message', '')}")
            self.known[version] = path, answer.get("resources", []) if status == 200 else []
        path, resources = self.known[version]
        for one in resources:
            if one["kind"] == kind and "/" not in one["name"]:
                return path, one["name"], one["namespaced"]
        return None


def field(document, pattern):
    found = re.search(pattern, document, re.MULTILINE)
    return found.group(1).strip("\"'") if found else ""


def main():
    config, directory, namespace, *files = sys.argv[1:]
    with open(config) as file:
        server = ApiServer(json.load(file), directory)
    _, version, _ = server.call("GET", "/version")
    print(f"== dry run, Kubernetes {version.get('major')}.{version.get('minor')}")
    accepted = skipped = refused = 0
    for name in files:
        with open(name) as file:
            documents = re.split(r"^---.*$", file.read(), flags=re.MULTILINE)
        for document in documents:
            kind = field(document, r"^kind: *(\S+)")
            if not kind:
                continue
            api = field(document, r"^apiVersion: *(\S+)")
            metadata = field(document, r"^metadata:((?:\n  .*|\n *#.*)*)")
            where = field(metadata, r"^  namespace: *(\S+)") or namespace
            label = f"{os.path.basename(name)[:-4]}: {kind} {where}/" + field(metadata, r"^  name: *(\S+)")
            resource = server.resource(api, kind)
            if resource is None:
                skipped += 1
                print(f"skipped   {label}: the server does not know {api} {kind}")
                continue
            path, plural, namespaced = resource
            path += f"/namespaces/{urllib.parse.quote(where)}/{plural}" if namespaced else f"/{plural}"
            query = "?dryRun=All&fieldValidation=Strict&fieldManager=check"
            status, answer, warnings = server.call("POST", path + query, document.encode())
            # validated before it was found to be there already
            if status == 201 or answer.get("reason") == "AlreadyExists":
                accepted += 1
                print(f"accepted  {label}")
            else:
                refused += 1
                print(f"REFUSED   {label}: {status} {answer.get('message', '')}")
            for warning in warnings:
                print(f"          warning: {warning}")
    print(f"{accepted} accepted, {skipped} skipped, {refused} refused")
    sys.exit(1 if refused or not accepted else 0)


main()
