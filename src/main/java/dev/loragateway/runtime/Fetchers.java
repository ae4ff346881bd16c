package dev.loragateway.runtime;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Brings an artifact into a staging directory, wherever it comes from. Blocks. Thread-safe. */
final class Fetchers implements AutoCloseable {
  private final Web web;
  private final FileFetcher files;
  private final ArchiveFetcher archives;
  private final WebDirectoryFetcher webDirectories;
  private final HubFetcher hub;
  private final S3Fetcher s3;

  Fetchers(RuntimeSettings settings) {
    web = new Web(settings.limits().stall());
    files = new FileFetcher(settings.allowedFiles());
    archives = new ArchiveFetcher(web);
    webDirectories = new WebDirectoryFetcher(web);
    hub = new HubFetcher(web);
    s3 = new S3Fetcher(settings.limits().stall());
  }

  /**
   * Asks the source, and stages what it has.
   *
   * @param known the validator of what is there already; null = nothing is
   * @throws ProblemException if it has nothing that can be taken
   */
  Fetched fetch(Order order, Staging staging, @Nullable String known) throws IOException {
    return switch (order.source()) {
      case Source.Directory directory -> files.fetch(directory, staging, known);
      case Source.Archive archive -> archives.fetch(archive, order, staging, known);
      case Source.WebDirectory directory -> webDirectories.fetch(directory, order, staging, known);
      case Source.Hub repository -> hub.fetch(repository, order, staging, known);
      case Source.Bucket bucket -> s3.fetch(bucket, order, staging, known);
    };
  }

  @Override
  public void close() {
    web.close();
  }
}
