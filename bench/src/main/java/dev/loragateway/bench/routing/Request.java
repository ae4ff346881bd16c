package dev.loragateway.bench.routing;

import dev.loragateway.registry.Dispatch;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One simulated request on its way: its fields are set by whoever has it. Confined to one
 * simulation.
 */
final class Request implements Event {
  /** It reaches the server. */
  static final int RECEIVED = 0;

  /** Its first token reaches the gateway. */
  static final int FIRST = 1;

  /** Its last token reaches the gateway. */
  static final int LAST = 2;

  /** The gateway learns that the server could not be reached. */
  static final int UNREACHABLE = 3;

  /** The gateway learns that the connection broke. */
  static final int BROKEN = 4;

  final int adapter;
  final int promptTokens;
  final int outputTokens;
  final long arrivedAt;
  final Gateway gateway;

  @Nullable ModelServer server;
  @Nullable Dispatch dispatch;
  int attempts;
  Set<String> tried = Set.of();
  long dispatchedAt;
  long firstAt;

  /** Whether the server had the adapter in a GPU slot when it scheduled the request. */
  boolean hit;

  /** Prompt tokens that are prefilled. */
  int prefilled;

  long place;
  @Nullable Request before;
  @Nullable Request behind;
  @Nullable Request behindOwn;

  /** The next one that finishes at the same step. */
  @Nullable Request finishesWith;

  Request(int adapter, int promptTokens, int outputTokens, long arrivedAt, Gateway gateway) {
    this.adapter = adapter;
    this.promptTokens = promptTokens;
    this.outputTokens = outputTokens;
    this.arrivedAt = arrivedAt;
    this.gateway = gateway;
  }

  int kvTokens() {
    return promptTokens + outputTokens;
  }

  ModelServer server() {
    return java.util.Objects.requireNonNull(server);
  }

  Dispatch dispatch() {
    return java.util.Objects.requireNonNull(dispatch);
  }

  void tried(String address) {
    Set<String> more = new HashSet<>(tried);
    more.add(address);
    tried = more;
  }

  @Override
  public void fire(int kind) {
    switch (kind) {
      case RECEIVED -> server().receive(this);
      case FIRST -> gateway.first(this);
      case LAST -> gateway.last(this);
      case UNREACHABLE -> gateway.unreachable(this);
      default -> gateway.broken(this);
    }
  }
}
