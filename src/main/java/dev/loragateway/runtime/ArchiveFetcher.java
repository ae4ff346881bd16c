package dev.loragateway.runtime;

import dev.loragateway.runtime.Source.Packing;
import dev.loragateway.runtime.Staging.Scratch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Downloads an archive, and unpacks it when all of it is there and is what it should be.
 * Thread-safe.
 */
final class ArchiveFetcher {
  private final Web web;

  ArchiveFetcher(Web web) {
    this.web = web;
  }

  Fetched fetch(Source.Archive source, Order order, Staging staging, @Nullable String known)
      throws IOException {
    String authorization = WebAccess.authorization(source.url(), order.credentials());
    try (Web.Answer answer = web.get(new Web.Question(source.url(), authorization, known))) {
      if (answer.unchanged()) {
        return new Fetched.Unchanged();
      }
      Scratch scratch = staging.download(answer.body(), source.shown());
      check(order, scratch);
      Archive.unpack(scratch.file(), format(source.packing()), staging, source.shown());
      staging.drop(scratch);
      return new Fetched.Files(answer.etag());
    }
  }

  private static Archive.Format format(Packing packing) {
    return switch (packing) {
      case TAR -> new TarFormat(false);
      case TAR_GZIP -> new TarFormat(true);
      case ZIP -> new ZipFormat();
    };
  }

  private static void check(Order order, Scratch scratch) throws ProblemException {
    String sha256 = scratch.hash().sha256();
    if (order.sha256() != null && !order.sha256().equals(sha256)) {
      throw new ProblemException(
          Problem.CHECKSUM_MISMATCH,
          "%s: the sha256 of the archive is %s (expected: %s)"
              .formatted(order.source().shown(), sha256, order.sha256()));
    }
  }
}
