package dev.loragateway.runtime;

import dev.loragateway.adapters.Printable;

/** What all formats of archives ask of their entries. Stateless. */
final class EntryChecks {
  private EntryChecks() {}

  static void count(int entries, FetchLimits limits) throws ProblemException {
    if (entries > limits.maxEntries()) {
      throw new ProblemException(
          Problem.ADAPTER_REFUSED, "the archive has more than " + limits.maxEntries() + " entries");
    }
  }

  static void file(String name, boolean file) throws ProblemException {
    if (!file) {
      throw new ProblemException(
          Problem.ADAPTER_REFUSED,
          "the archive has an entry %s: a link, a device or something else that is no file"
              .formatted(Printable.of(name)));
    }
  }
}
