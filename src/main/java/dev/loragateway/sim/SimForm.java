package dev.loragateway.sim;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.multipart.Attribute;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a form with an audio file says about its model. Immutable.
 *
 * @param model the field {@code model}; null = the form has none
 */
record SimForm(@Nullable String model) {

  /** Reads a {@code multipart/form-data} body; null = it is none. */
  static @Nullable SimForm read(ReceivedRequest request) {
    String type = request.header("content-type");
    if (!type.startsWith("multipart/form-data")) {
      return null;
    }
    var form =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.POST,
            request.path,
            Unpooled.wrappedBuffer(request.body()));
    form.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
    try {
      return read(new HttpPostRequestDecoder(new DefaultHttpDataFactory(false), form));
    } catch (HttpPostRequestDecoder.ErrorDataDecoderException | IOException e) {
      return null;
    } finally {
      form.release();
    }
  }

  private static SimForm read(HttpPostRequestDecoder decoder) throws IOException {
    try {
      return new SimForm(
          decoder.getBodyHttpData("model") instanceof Attribute field ? field.getValue() : null);
    } finally {
      decoder.destroy();
    }
  }
}
