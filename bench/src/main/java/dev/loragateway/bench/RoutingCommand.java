package dev.loragateway.bench;

/** Placeholder. */
final class RoutingCommand {
  private RoutingCommand() {}

  public static void main(String[] args) {
    System.out.println("routing");
  }
}
