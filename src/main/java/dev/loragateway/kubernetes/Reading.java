package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterSpec;

/** What an object that declares an adapter was found to say. */
sealed interface Reading {
  /** An adapter that can be declared. */
  record Good(AdapterSpec spec) implements Reading {}

  /**
   * Nothing that can be declared.
   *
   * @param reason one word, as conditions have it
   * @param message for people
   */
  record Faulty(String reason, String message) implements Reading {}
}
