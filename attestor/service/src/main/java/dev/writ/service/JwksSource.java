// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Reads the bytes of a JWK Set, whole and of bounded length. Blocks. */
@FunctionalInterface
interface JwksSource {
  /** Longest set: more than providers have, and less than would hurt. */
  int MAX_BYTES = 128 * 1024;

  /** How long a provider may take to answer whole. */
  Duration PATIENCE = Duration.ofSeconds(3);

  /** What is there now. */
  byte[] read() throws IOException;

  /** Where a configuration says that an issuer's keys are. */
  static JwksSource of(InitiatorsConfig.Keys keys) {
    return keys instanceof InitiatorsConfig.Keys.InFile file
        ? inFile(file.file())
        : at(((InitiatorsConfig.Keys.At) keys).url());
  }

  private static JwksSource inFile(Path file) {
    return () -> {
      try (InputStream in = Files.newInputStream(file)) {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw tooLong();
        }
        return bytes;
      }
    };
  }

  private static JwksSource at(URI url) {
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            // Where the keys are is the configuration's to say, and not a server's.
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(PATIENCE)
            .build();
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .timeout(PATIENCE)
            .header("Accept", "application/jwk-set+json, application/json")
            .header("User-Agent", "writ")
            .build();
    return () -> {
      CompletableFuture<HttpResponse<byte[]>> answer =
          client.sendAsync(request, head -> new Bounded());
      try {
        HttpResponse<byte[]> response = answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (response.statusCode() != 200) {
          throw new IOException(
              "the issuer's keys must be answered with 200, were with " + response.statusCode());
        }
        return response.body();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
      } catch (TimeoutException e) {
        answer.cancel(true);
        throw new IOException(
            "the issuer's keys must be answered within " + PATIENCE.toSeconds() + " s, were not",
            e);
      } catch (InterruptedException e) {
        answer.cancel(true);
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while the issuer's keys were read", e);
      }
    };
  }

  private static IOException tooLong() {
    return new IOException(
        "the issuer's keys must be of at most " + MAX_BYTES + " bytes, are of more");
  }

  /** Keeps no more of a body than it may have. */
  final class Bounded implements BodySubscriber<byte[]> {
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private Flow.@Nullable Subscription subscription;

    private Bounded() {}

    @Override
    public CompletionStage<byte[]> getBody() {
      return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer buffer : buffers) {
        if (buffer.remaining() > MAX_BYTES - received.size()) {
          if (subscription != null) {
            subscription.cancel();
          }
          var unused = body.completeExceptionally(tooLong());
          return;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        received.writeBytes(bytes);
      }
    }

    @Override
    public void onError(Throwable failure) {
      var unused = body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      var unused = body.complete(received.toByteArray());
    }
  }
}
