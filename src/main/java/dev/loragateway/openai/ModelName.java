package dev.loragateway.openai;

import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.PeekResult.Refused;
import org.jspecify.annotations.Nullable;

/** The rules for the value of {@code model}, in one place. Thread-safe. */
final class ModelName {
  static final Refused MISSING =
      new Refused(GatewayError.MISSING_MODEL, "You must provide a model parameter.");
  static final Refused TWICE = invalid("it is given twice", "one model");
  static final Refused NO_STRING = invalid("it is no string", "the model's name as a string");
  static final Refused IS_FILE = invalid("it is a file", "the model's name as a form field");
  static final Refused ENCODED = invalid("it is encoded", "text in UTF-8");

  private ModelName() {}

  /** What is wrong with the name, or null when nothing is. */
  static @Nullable Refused refusal(DecodedText name) {
    if (name.isEmpty()) {
      return MISSING;
    }
    if (name.isOverflown()) {
      String most = "at most " + RequestMember.MODEL.limit() + " bytes of UTF-8";
      return invalid("it is too long", most);
    }
    if (name.isUnpaired()) {
      return invalid("it holds half of a surrogate pair", "text");
    }
    int control = name.indexOfControl();
    return control < 0
        ? null
        : invalid("it holds a control character at byte " + control, "printable text");
  }

  private static Refused invalid(String found, String expected) {
    String message = "Invalid 'model': " + found + " (expected: " + expected + ").";
    return new Refused(GatewayError.INVALID_MODEL, message);
  }
}
