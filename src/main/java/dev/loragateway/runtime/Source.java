package dev.loragateway.runtime;

import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Where an artifact comes from. Immutable, as are all kinds. */
sealed interface Source {
  /** The whole of it, which may have secrets in it. */
  String identity();

  /** What may be shown of it. */
  default String shown() {
    return identity();
  }

  /** Whether what lies there can never change. */
  default boolean pinned() {
    return false;
  }

  /** A directory of this machine. */
  record Directory(Path path) implements Source {
    @Override
    public String identity() {
      return "file://" + path;
    }
  }

  /** How an archive is packed. */
  enum Packing {
    TAR,
    TAR_GZIP,
    ZIP
  }

  /** An archive of an adapter's directory. */
  record Archive(URI url, Packing packing) implements Source {
    @Override
    public String identity() {
      return url.toString();
    }

    @Override
    public String shown() {
      return WebUrl.shown(url);
    }

    @Override
    public String toString() {
      return shown();
    }
  }

  /** A directory of a web server, with the files of an adapter. */
  record WebDirectory(URI url) implements Source {
    @Override
    public String identity() {
      return url.toString();
    }

    @Override
    public String shown() {
      return WebUrl.shown(url);
    }

    @Override
    public String toString() {
      return shown();
    }
  }

  /**
   * Objects of S3, or of what speaks its API.
   *
   * @param prefix empty, or ends in a slash
   */
  record Bucket(String bucket, String prefix) implements Source {
    @Override
    public String identity() {
      return "s3://" + bucket + "/" + prefix;
    }

    /** Without what is a query to whoever has signed a URL, though a prefix may have it. */
    @Override
    public String shown() {
      return identity().replaceFirst("\\?.*", "?***");
    }

    @Override
    public String toString() {
      return shown();
    }
  }

  /**
   * A repository of the Hugging Face Hub.
   *
   * @param repository {@code organisation/name}
   * @param revision a branch, a tag or a commit
   */
  record Hub(String repository, String revision) implements Source {
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    @Override
    public String identity() {
      return "hf://" + repository + "@" + revision;
    }

    @Override
    public boolean pinned() {
      return COMMIT.matcher(revision).matches();
    }
  }
}
