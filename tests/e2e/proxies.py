"""Proxies of the distribution in front of a server, each with a configuration of its own in a folder of
its own, as the user that runs it.

    /usr/bin/python3 proxies.py [PROXY...]     the table of what each changes (./dev proxies)
"""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

import harness

NGINX = """daemon off;
pid {folder}/pid;
error_log stderr crit;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      {more}
    }}
  }}
}}
"""
UPGRADE = """proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header Host $http_host;"""

HAPROXY = """defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 1h
listen all
  bind 127.0.0.1:{port}
  server one 127.0.0.1:{upstream}
"""

APACHE = """ServerRoot {folder}
PidFile {folder}/pid
ServerName localhost
User www-data
Group www-data
Listen 127.0.0.1:{port}
ErrorLog /dev/stderr
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule proxy_wstunnel_module /usr/lib/apache2/modules/mod_proxy_wstunnel.so
ProxyPass / http://127.0.0.1:{upstream}/ upgrade=websocket
"""

LIGHTTPD = """server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.modules = ( "mod_proxy" )
proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => {upstream} ) ) )
proxy.header = ( "upgrade" => "enable" )
"""

CADDY = """{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  reverse_proxy 127.0.0.1:{upstream}
}}
"""

# name -> (configuration, command)
PROXIES = {
    "nginx": (NGINX.replace("{more}", UPGRADE.replace("{", "{{").replace("}", "}}")),
              ["nginx", "-p", "{folder}", "-e", "stderr", "-c", "{file}"]),
    "nginx as it comes (HTTP/1.0)": (NGINX.replace("{more}", ""),
                                     ["nginx", "-p", "{folder}", "-e", "stderr", "-c", "{file}"]),
    "haproxy": (HAPROXY, ["haproxy", "-db", "-f", "{file}"]),
    "apache": (APACHE, ["apache2", "-DFOREGROUND", "-f", "{file}"]),
    "lighttpd": (LIGHTTPD, ["lighttpd", "-D", "-f", "{file}"]),
    "caddy": (CADDY, ["caddy", "run", "--config", "{file}", "--adapter", "caddyfile"]),
}


def wait_for(port, process, log):
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the proxy does not listen: {log.read_text(errors='replace')[-2000:]}")


@contextlib.contextmanager
def proxy(name, upstream):
    """Yields the port that this one listens on, in front of the one `upstream`."""
    configuration, command = PROXIES[name]
    with tempfile.TemporaryDirectory() as folder:
        port = harness.unused_port()
        file = pathlib.Path(folder) / "proxy.conf"
        file.write_text(configuration.format(folder=folder, port=port, upstream=upstream))
        environment = {**os.environ, "HOME": folder, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        with open(pathlib.Path(folder) / "log", "wb") as log:
            process = subprocess.Popen([word.format(folder=folder, file=file) for word in command],
                                       env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(port, process, pathlib.Path(folder) / "log")
            yield port
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def compare(name, *args):
    """The Run and the report of `run --through` this proxy, in front of npm ws."""
    with harness.Server("ws_echo.mjs") as server:
        upstream = int(re.search(r":([0-9]+)/", server.url("/"))[1])
        with proxy(name, upstream) as port:
            return harness.run_json(server.url("/"), "--through", f"ws://127.0.0.1:{port}/", *args,
                                    timeout=300)


def main():
    print("| proxy | same | allowed, but other | findings | not compared | the findings |")
    print("|---|---|---|---|---|---|")
    for name in sys.argv[1:] or PROXIES:
        run, report = compare(name)
        summary = report["summary"]
        causes = {}
        for row in report["scenarios"]:
            if row["verdict"] == "fail":
                causes.setdefault((row["cause"], row["class"]), []).append(row["name"])
        told = "; ".join(f"{len(names)} {cause} ({names[0]})" for (cause, _), names in
                         sorted(causes.items(), key=lambda item: -len(item[1])))
        if run.code == 3:
            told = run.stderr.strip().splitlines()[0].replace("wsspec: error: ", "")
        print(f"| {name} | {summary['pass']} | {summary['tolerated']} | {summary['fail']} "
              f"| {summary['skipped']} | {told or '-'} |", flush=True)


if __name__ == "__main__":
    main()
