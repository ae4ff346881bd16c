package dev.loragateway.scrape;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * Collects a body up to a limit; beyond it the exchange is given up, which closes the connection.
 * Confined to the exchange: signals come one after the other.
 */
final class BoundedBody implements BodySubscriber<Answer.Page> {
  private static final int SMALLEST_BUFFER = 8 << 10;
  private static final int LARGEST_FIRST_BUFFER = 1 << 20;

  private final CompletableFuture<Answer.Page> body = new CompletableFuture<>();
  private final long declaredLength;
  private final int maxBytes;
  private byte[] bytes;
  private int length;
  private @Nullable Subscription subscription;

  /**
   * A body of an answer.
   *
   * @param declaredLength the answer's content-length, or -1 when not told
   * @param maxBytes largest body that is accepted
   */
  BoundedBody(long declaredLength, int maxBytes) {
    this.declaredLength = declaredLength;
    this.maxBytes = maxBytes;
    this.bytes = new byte[Math.clamp(declaredLength, 0, Math.min(maxBytes, LARGEST_FIRST_BUFFER))];
  }

  @Override
  public CompletionStage<Answer.Page> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    this.subscription = subscription;
    if (declaredLength > maxBytes) {
      giveUp();
    } else {
      subscription.request(Long.MAX_VALUE);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    if (body.isDone()) {
      return;
    }
    for (ByteBuffer buffer : buffers) {
      int more = buffer.remaining();
      if (more > maxBytes - length) {
        giveUp();
        return;
      }
      reserve(length + more);
      buffer.get(bytes, length, more);
      length += more;
    }
  }

  @Override
  public void onError(Throwable failure) {
    body.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    body.complete(new Answer.Page(bytes, length));
  }

  private void reserve(int needed) {
    if (needed > bytes.length) {
      long doubled = Math.max(SMALLEST_BUFFER, 2L * bytes.length);
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(doubled, maxBytes)));
    }
  }

  private void giveUp() {
    bytes = new byte[0];
    body.completeExceptionally(new IOException("the body is longer than " + maxBytes + " bytes"));
    if (subscription != null) {
      subscription.cancel();
    }
  }
}
