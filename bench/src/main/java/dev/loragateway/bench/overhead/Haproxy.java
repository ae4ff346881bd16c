package dev.loragateway.bench.overhead;

import dev.loragateway.bench.process.Shell;
import java.io.IOException;

/** Debian's HAProxy. Stateless. */
final class Haproxy implements Proxy {
  @Override
  public String name() {
    return "haproxy";
  }

  @Override
  public String setting() {
    return "nbthread 1, http-reuse always, http-no-delay, request not buffered";
  }

  @Override
  public void install() throws IOException, InterruptedException {
    Installer.debian("haproxy", "haproxy");
  }

  @Override
  public String version() throws IOException, InterruptedException {
    return Shell.output("/usr/sbin/haproxy", "-v")
        .replaceAll("(?s)HAProxy version ([^- ]+).*", "$1");
  }

  @Override
  public Launch configure(Site site) throws IOException {
    String file =
        site.write(
            "haproxy.cfg",
            """
            global
              nbthread 1
              maxconn 8000
            defaults
              mode http
              option http-keep-alive
              option http-no-delay
              timeout connect 5s
              timeout client 600s
              timeout server 600s
            frontend clients
              bind 127.0.0.1:%d
              default_backend servers
            backend servers
              balance leastconn
              http-reuse always
            %s\
            """
                .formatted(site.port(), site.eachServer("  server s%1$d 127.0.0.1:%1$d%n")));
    return Launch.of("/usr/sbin/haproxy", "-f", file, "-db");
  }
}
