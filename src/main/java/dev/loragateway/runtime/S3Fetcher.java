package dev.loragateway.runtime;

import dev.loragateway.runtime.Credentials.AwsKey;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.exception.SdkServiceException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Reads the objects below a prefix of S3, or of what speaks its API. A client is made for each
 * fetch, since each may have other credentials. Thread-safe.
 */
final class S3Fetcher {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final String DEFAULT_REGION = "us-east-1";

  private final Duration stall;

  S3Fetcher(Duration stall) {
    this.stall = stall;
  }

  Fetched fetch(Source.Bucket source, Order order, Staging staging, @Nullable String known)
      throws IOException {
    try (S3Client client = client(order.credentials())) {
      List<S3Object> objects = list(client, source, staging);
      String validator = validator(objects);
      if (validator.equals(known)) {
        return new Fetched.Unchanged();
      }
      staging.announce(objects.stream().mapToLong(S3Object::size).sum());
      for (S3Object object : objects) {
        read(client, source, object, staging);
      }
      return new Fetched.Files(validator);
    } catch (SdkException e) {
      throw problem(source, e);
    }
  }

  private S3Client client(Credentials credentials) throws ProblemException {
    String region = credentials.setting("AWS_REGION");
    S3ClientBuilder builder =
        S3Client.builder()
            .httpClientBuilder(
                UrlConnectionHttpClient.builder().connectionTimeout(CONNECT).socketTimeout(stall))
            .credentialsProvider(provider(credentials))
            .region(Region.of(region == null ? DEFAULT_REGION : region));
    String endpoint = credentials.setting(Credentials.AWS_ENDPOINT);
    if (endpoint == null) {
      return builder.crossRegionAccessEnabled(true).build();
    }
    try {
      return builder.endpointOverride(URI.create(endpoint)).forcePathStyle(true).build();
    } catch (IllegalArgumentException | NullPointerException e) {
      throw new ProblemException(
          Problem.BAD_REQUEST, "AWS_ENDPOINT_URL is no URL (expected: https://HOST)", e);
    }
  }

  private static AwsCredentialsProvider provider(Credentials credentials) {
    AwsKey key = credentials.awsKey();
    if (key == null) {
      return credentials.mayUseMachineKey()
          ? AwsCredentialsProviderChain.of(
              DefaultCredentialsProvider.builder().build(), AnonymousCredentialsProvider.create())
          : AnonymousCredentialsProvider.create();
    }
    return StaticCredentialsProvider.create(
        key.session() == null
            ? AwsBasicCredentials.create(key.id(), key.secret())
            : AwsSessionCredentials.create(key.id(), key.secret(), key.session()));
  }

  private static List<S3Object> list(S3Client client, Source.Bucket source, Staging staging)
      throws ProblemException {
    List<S3Object> objects = new ArrayList<>();
    int all = 0;
    for (S3Object object :
        client
            .listObjectsV2Paginator(r -> r.bucket(source.bucket()).prefix(source.prefix()))
            .contents()) {
      if (++all > staging.limits().maxEntries()) {
        throw new ProblemException(
            Problem.ADAPTER_REFUSED,
            "%s has more than %d objects".formatted(source.shown(), staging.limits().maxEntries()));
      }
      if (staging.wants(name(source, object))) {
        objects.add(object);
      }
    }
    if (all == 0) {
      throw new ProblemException(
          Problem.ARTIFACT_NOT_FOUND, source.shown() + ": there are no objects");
    }
    return objects;
  }

  private static String name(Source.Bucket source, S3Object object) {
    return object.key().startsWith(source.prefix())
        ? object.key().substring(source.prefix().length())
        : "";
  }

  private static void read(S3Client client, Source.Bucket source, S3Object object, Staging staging)
      throws IOException {
    String shown = source.shown() + name(source, object);
    try (ResponseInputStream<GetObjectResponse> in =
        client.getObject(r -> r.bucket(source.bucket()).key(object.key()).ifMatch(object.eTag()))) {
      long bytes = staging.write(name(source, object), in, shown).bytes();
      if (bytes != object.size()) {
        throw new ProblemException(
            Problem.FETCH_FAILED,
            "%s has %d bytes (expected: %d, as listed)".formatted(shown, bytes, object.size()));
      }
    }
  }

  private static String validator(List<S3Object> objects) {
    StringBuilder lines = new StringBuilder();
    for (S3Object object : objects) {
      lines.append("%s %d %s\n".formatted(object.key(), object.size(), object.eTag()));
    }
    return ContentHash.of(lines.toString());
  }

  private static ProblemException problem(Source.Bucket source, SdkException e) {
    int status = e instanceof SdkServiceException service ? service.statusCode() : 0;
    return switch (status) {
      case 400, 401, 403 ->
          new ProblemException(
              Problem.ACCESS_DENIED, source.shown() + ": it wants other credentials", e);
      case 404 ->
          new ProblemException(
              Problem.ARTIFACT_NOT_FOUND, source.shown() + ": there is nothing there", e);
      case 0 -> FetchFailures.of(source.shown(), e);
      default ->
          new ProblemException(
              Problem.FETCH_FAILED, source.shown() + ": the answer is " + status, e);
    };
  }
}
