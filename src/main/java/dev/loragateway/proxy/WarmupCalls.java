package dev.loragateway.proxy;

import dev.loragateway.openai.WarmupBody;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.routing.Warmup;
import dev.loragateway.upstream.ResponseListener;
import dev.loragateway.upstream.UpstreamConnection;
import dev.loragateway.upstream.UpstreamFailure;
import dev.loragateway.upstream.UpstreamPool;
import dev.loragateway.upstream.UpstreamPools;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Loads adapters ahead by asking for one token of each. Not by {@code load_lora_adapter} with
 * {@code load_inplace}: vLLM 0.32 then reads the adapter from disk again at every later step.
 * Thread-safe.
 */
public final class WarmupCalls implements Warmup {
  private static final String PATH = "/v1/completions";

  private final EventLoopGroup loops;
  private final UpstreamPools upstreams;
  private final ExchangeListener listener;
  private final Supplier<ProxySettings> settings;
  private final Consumer<String> absent;
  private final Consumer<String> asleep;

  /**
   * Sends on any of the loops; a call takes the {@code firstByte} of its pool and path at most.
   *
   * @param absent told of a model that is loaded by the control plane alone
   * @param asleep told of a pool of which engines are to be woken
   */
  public WarmupCalls(
      EventLoopGroup loops,
      UpstreamPools upstreams,
      ExchangeListener listener,
      Supplier<ProxySettings> settings,
      Consumer<String> absent,
      Consumer<String> asleep) {
    this.loops = loops;
    this.upstreams = upstreams;
    this.listener = listener;
    this.settings = settings;
    this.absent = absent;
    this.asleep = asleep;
  }

  @Override
  public void absent(String model) {
    absent.accept(model);
  }

  @Override
  public void asleep(String pool) {
    asleep.accept(pool);
  }

  @Override
  public void start(Dispatch dispatch, Runnable ended) {
    EventLoop loop = loops.next();
    loop.execute(
        () ->
            upstreams
                .on(loop)
                .acquire(dispatch.state().endpoint(), false, new Call(dispatch, ended, loop)));
  }

  /** One call. Confined to its event loop. */
  private final class Call implements UpstreamPool.Acquired, ResponseListener {
    private final Dispatch dispatch;
    private final Runnable ended;
    private final EventLoop loop;
    private @Nullable UpstreamConnection connection;
    private int status;
    private boolean over;

    Call(Dispatch dispatch, Runnable ended, EventLoop loop) {
      this.dispatch = dispatch;
      this.ended = ended;
      this.loop = loop;
    }

    @Override
    public void connected(UpstreamConnection connection) {
      this.connection = connection;
      String pool = dispatch.state().endpoint().pool();
      long timeout = settings.get().timeouts().answer(pool, PATH).firstByte().toMillis();
      if (timeout > 0) {
        loop.schedule(this::tooLate, timeout, TimeUnit.MILLISECONDS);
      }
      connection.send(request(), this);
    }

    private FullHttpRequest request() {
      byte[] body = WarmupBody.json(Objects.requireNonNull(dispatch.adapter()));
      FullHttpRequest request =
          new DefaultFullHttpRequest(
              HttpVersion.HTTP_1_1, HttpMethod.POST, PATH, Unpooled.wrappedBuffer(body));
      request
          .headers()
          .set(HttpHeaderNames.HOST, dispatch.state().endpoint().address())
          .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
          .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
      String key = dispatch.state().endpoint().apiKey();
      if (key != null) {
        request.headers().set(HttpHeaderNames.AUTHORIZATION, "Bearer " + key);
      }
      return request;
    }

    private void tooLate() {
      if (!over && connection != null) {
        connection.cancel();
        end(false);
      }
    }

    @Override
    public void head(HttpResponse head) {
      status = head.status().code();
    }

    @Override
    public void content(HttpContent content) {
      boolean last = content instanceof LastHttpContent;
      content.release();
      if (last) {
        end(status < 300);
      }
    }

    @Override
    public void readComplete() {}

    @Override
    public void failed(Throwable cause) {
      end(false);
    }

    @Override
    public void failed(UpstreamFailure failure, Throwable cause) {
      end(false);
    }

    private void end(boolean loaded) {
      if (over) {
        return;
      }
      over = true;
      if (loaded) {
        dispatch.answered();
        dispatch.finished();
      } else {
        dispatch.refused();
      }
      ended.run();
      listener.warmedUp(
          dispatch.state().endpoint().pool(), dispatch.state().endpoint().address(), loaded);
    }
  }
}
