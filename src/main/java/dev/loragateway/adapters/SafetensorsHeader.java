package dev.loragateway.adapters;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: which tensors it has, without their weights. The format: eight
 * bytes with the header's length, the header as JSON, the weights. Immutable.
 *
 * @param tensors in the order of the header
 * @param bytes of the weights
 */
record SafetensorsHeader(List<Tensor> tensors, long bytes) {
  /** As the format's own readers have it. */
  private static final int MOST_HEADER = 100_000_000;

  private static final String METADATA = "__metadata__";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One tensor, and where its weights end behind the header. */
  record Tensor(String name, List<Long> shape, long end) {}

  /** What is no safetensors file; the message tells why. */
  static final class FormatException extends IOException {
    private static final long serialVersionUID = 1;

    FormatException(String message) {
      super(message);
    }
  }

  /**
   * Reads the header, and checks that the weights are all there.
   *
   * @throws FormatException if this is no whole safetensors file
   */
  static SafetensorsHeader read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      long length = bytes(channel, 0, Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).getLong();
      if (length < 2 || length > MOST_HEADER || length > size - Long.BYTES) {
        throw new FormatException("a header of %d bytes in a file of %d".formatted(length, size));
      }
      JsonNode header = JSON.readTree(bytes(channel, Long.BYTES, (int) length).array());
      return of(header, size - Long.BYTES - length);
    } catch (JsonProcessingException e) {
      throw new FormatException("its header is no JSON");
    } catch (EOFException e) {
      throw new FormatException("it is too short");
    }
  }

  private static ByteBuffer bytes(FileChannel channel, long from, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new EOFException();
      }
    }
    return buffer.flip();
  }

  private static SafetensorsHeader of(JsonNode header, long weights) throws FormatException {
    if (!header.isObject()) {
      throw new FormatException("its header is no JSON object");
    }
    List<Tensor> tensors = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (!entry.getKey().equals(METADATA)) {
        tensors.add(tensor(entry.getKey(), entry.getValue()));
      }
    }
    long end = tensors.stream().mapToLong(Tensor::end).max().orElse(0);
    if (end != weights) {
      throw new FormatException("%d bytes of weights (expected: %d)".formatted(weights, end));
    }
    return new SafetensorsHeader(List.copyOf(tensors), weights);
  }

  private static Tensor tensor(String name, JsonNode described) throws FormatException {
    JsonNode shape = described.path("shape");
    JsonNode offsets = described.path("data_offsets");
    if (!shape.isArray() || offsets.size() != 2 || !offsets.path(1).canConvertToLong()) {
      throw new FormatException("tensor %s has no shape or place".formatted(name));
    }
    List<Long> sizes = new ArrayList<>();
    shape.forEach(size -> sizes.add(size.asLong()));
    return new Tensor(name, List.copyOf(sizes), offsets.path(1).asLong());
  }
}
