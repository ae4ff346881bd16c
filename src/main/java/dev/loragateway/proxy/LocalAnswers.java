package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import dev.loragateway.model.ModelCard;
import dev.loragateway.openai.ModelList;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import io.netty.handler.codec.http.FullHttpResponse;
import java.nio.charset.StandardCharsets;

/** What the gateway answers by itself. Stateless. */
final class LocalAnswers {
  private static final byte[] OK = "{\"status\":\"ok\"}".getBytes(StandardCharsets.UTF_8);

  private LocalAnswers() {}

  static FullHttpResponse answer(ProxyContext context, ClientRequest request) {
    RegistrySnapshot snapshot = context.registry.snapshot();
    return switch (request.route().kind()) {
      case MODELS -> Answers.json(200, models(snapshot, request));
      case MODEL -> model(snapshot, request);
      default -> health(context, request);
    };
  }

  /** Those that the caller may use. */
  private static byte[] models(RegistrySnapshot snapshot, ClientRequest request) {
    return ModelList.renderList(
        snapshot.cards().values().stream()
            .filter(card -> mayUse(snapshot, request, card.id()))
            .toList());
  }

  private static boolean mayUse(RegistrySnapshot snapshot, ClientRequest request, String name) {
    PoolSnapshot pool = snapshot.pool(name);
    return pool == null
        ? request.mayUse(name)
        : pool.variants(name).stream().anyMatch(variant -> request.mayUse(variant.adapter()));
  }

  private static FullHttpResponse model(RegistrySnapshot snapshot, ClientRequest request) {
    ModelCard card = snapshot.cards().get(request.route().id());
    if (card != null && mayUse(snapshot, request, card.id())) {
      return Answers.json(200, ModelList.renderOne(card));
    }
    Rejection unknown = Rejection.unknownModel(request.route().id());
    return Answers.error(request.route().shape(), unknown.error(), unknown.message());
  }

  private static FullHttpResponse health(ProxyContext context, ClientRequest request) {
    return context.registry.snapshot().ready() && context.access.ready() && !context.draining()
        ? Answers.json(200, OK)
        : Answers.error(
            request.route().shape(), GatewayError.NO_ENDPOINT_READY, "the gateway is not ready");
  }
}
