package dev.loragateway.bench.overhead;

import dev.loragateway.bench.process.Shell;
import java.io.IOException;

/** Debian's nginx. Stateless. */
final class Nginx implements Proxy {
  @Override
  public String name() {
    return "nginx";
  }

  @Override
  public String setting() {
    return "worker_processes 1, request buffered in memory, response not buffered";
  }

  @Override
  public void install() throws IOException, InterruptedException {
    Installer.debian("nginx-light", "nginx");
  }

  @Override
  public String version() throws IOException, InterruptedException {
    return Shell.output("/usr/sbin/nginx", "-v").replaceAll("(?s).*/([0-9.]+).*", "$1");
  }

  @Override
  public Launch configure(Site site) throws IOException {
    String user = System.getProperty("user.name").equals("root") ? "user root root;" : "";
    String file =
        site.write(
            "nginx.conf",
            """
            %s
            daemon off;
            worker_processes 1;
            worker_rlimit_nofile 16384;
            pid %s/nginx.pid;
            error_log stderr crit;
            events { worker_connections 8192; }
            http {
              access_log off;
              client_max_body_size 64m;
              client_body_buffer_size 1m;
              client_body_temp_path %2$s/body;
              proxy_temp_path %2$s/proxy;
              fastcgi_temp_path %2$s/fastcgi;
              uwsgi_temp_path %2$s/uwsgi;
              scgi_temp_path %2$s/scgi;
              keepalive_requests 100000000;
              upstream servers {
                least_conn;
            %s
                keepalive 1024;
                keepalive_requests 100000000;
              }
              server {
                listen 127.0.0.1:%d;
                location / {
                  proxy_pass http://servers;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_buffering off;
                  proxy_read_timeout 600s;
                }
              }
            }
            """
                .formatted(
                    user,
                    site.directory(),
                    site.eachServer("    server 127.0.0.1:%d max_fails=0;%n"),
                    site.port()));
    return Launch.of("/usr/sbin/nginx", "-p", site.directory().toString(), "-c", file);
  }
}
