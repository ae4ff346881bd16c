package dev.loragateway.bench.overhead;

import java.io.IOException;
import java.util.Map;

/** LiteLLM's proxy, which is written in Python. Stateless. */
final class LiteLlm implements Proxy {
  private static final String PACKAGE = "litellm";

  @Override
  public String name() {
    return PACKAGE;
  }

  @Override
  public String setting() {
    return "--num_workers 1, no database, no callbacks; reads and rewrites every body and event";
  }

  @Override
  public void install() throws IOException, InterruptedException {
    Installer.python(PACKAGE, "litellm[proxy]", PACKAGE);
  }

  @Override
  public String version() throws IOException, InterruptedException {
    return Installer.pythonVersion(PACKAGE);
  }

  @Override
  public Launch configure(Site site) throws IOException, InterruptedException {
    StringBuilder config = new StringBuilder("model_list:\n");
    for (String model : models()) {
      for (int port : site.servers()) {
        config.append(
            """
            - model_name: %1$s
              litellm_params: { model: openai/%1$s, api_base: "http://127.0.0.1:%2$d/v1", api_key: none }
            """
                .formatted(model, port));
      }
    }
    config.append("litellm_settings: { telemetry: false, set_verbose: false }\n");
    Launch launch =
        Launch.of(
            Installer.python(PACKAGE, "litellm[proxy]", PACKAGE).toString(),
            "--config",
            site.write("litellm.yaml", config.toString()),
            "--host",
            "127.0.0.1",
            "--port",
            Integer.toString(site.port()),
            "--num_workers",
            "1");
    return new Launch(
        launch.command(),
        Map.of(
            "LITELLM_LOG",
            "ERROR",
            "LITELLM_LOCAL_MODEL_COST_MAP",
            "True",
            "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY",
            "true",
            "LITELLM_MODE",
            "PRODUCTION"));
  }
}
