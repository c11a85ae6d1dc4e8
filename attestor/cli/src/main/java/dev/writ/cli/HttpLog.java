// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Sentence;
import dev.writ.agent.Timeouts;
import dev.writ.tlog.BoundedBody;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.FolderLog;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TiledLog;
import dev.writ.tlog.UnprovenException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * A log that a web server serves. Connections are kept, since an audit asks for thousands of files; none
 * is longer than its format allows, none takes longer than the time-outs, and no redirection is followed.
 *
 * <p>A server that has too much to do, or a connection that ends early, is asked again a few times. A file
 * that was served and cannot be decoded is the server's word, and no failure to reach it.
 */
final class HttpLog implements TiledLog {
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int GONE = 410;

  /** What a server that is well may say of a moment: 429, 502, 503, 504. */
  private static final Set<Integer> PASSING = Set.of(429, 502, 503, 504);

  private static final int ATTEMPTS = 5;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);

  /** Longest wait between two attempts, whatever Retry-After says. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}");
  private static final String IDENTITY = "identity";
  private static final String GZIP = "gzip";

  /** Waits between two attempts. */
  @FunctionalInterface
  interface Waiting {
    /**
     * Waits.
     *
     * @return whether to go on
     */
    boolean of(Duration time);
  }

  private final HttpClient client;
  private final String prefix;
  private final Timeouts timeouts;
  private final Waiting waiting;

  private HttpLog(HttpClient client, String prefix, Timeouts timeouts, Waiting waiting) {
    this.client = client;
    this.prefix = prefix;
    this.timeouts = timeouts;
    this.waiting = waiting;
  }

  /**
   * The log below {@code url}.
   *
   * @param pinned whom to believe as the server of https; empty: whom the machine's roots vouch for
   * @throws CommandFailure if the URL is neither https nor of this machine
   */
  static HttpLog at(URI url, Optional<SSLContext> pinned, Timeouts timeouts) throws CommandFailure {
    return at(url, pinned, timeouts, Pause::of);
  }

  /** The same, with another way to wait. */
  static HttpLog at(URI url, Optional<SSLContext> pinned, Timeouts timeouts, Waiting waiting)
      throws CommandFailure {
    boolean plain = "http".equals(url.getScheme());
    boolean bare =
        url.getHost() != null
            && url.getRawUserInfo() == null
            && url.getRawQuery() == null
            && url.getRawFragment() == null;
    if (!bare || !(plain ? isLoopback(url.getHost()) : "https".equals(url.getScheme()))) {
      throw CommandFailure.usage(
          "the log's URL must be https://HOST[:PORT][/PATH], or http:// and a loopback address, was "
              + url);
    }
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeouts.connect());
    if (pinned.isPresent()) {
      client
          .sslContext(pinned.get())
          .sslParameters(new SSLParameters(null, new String[] {"TLSv1.3"}));
    }
    return new HttpLog(client.build(), url.toString().replaceFirst("/*$", "/"), timeouts, waiting);
  }

  private static boolean isLoopback(String host) throws CommandFailure {
    try {
      return Arrays.stream(InetAddress.getAllByName(host)).allMatch(InetAddress::isLoopbackAddress);
    } catch (UnknownHostException e) {
      throw CommandFailure.unreachable("the log's server", e);
    }
  }

  @Override
  public Optional<byte[]> readCheckpoint() throws IOException {
    return get(FolderLog.CHECKPOINT, SignedNote.MAX_BYTES, IDENTITY);
  }

  @Override
  public Optional<byte[]> readTile(TilePath path) throws IOException {
    return get(path.text(), MAX_TILE_BYTES, IDENTITY);
  }

  @Override
  public Optional<byte[]> readEntryBundle(EntryBundlePath path) throws IOException {
    return get(path.text(), MAX_BUNDLE_BYTES, GZIP);
  }

  private Optional<byte[]> get(String path, int limit, String coding) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(prefix + path))
            .timeout(timeouts.silence())
            .header("Accept-Encoding", coding)
            .header("User-Agent", "writ")
            .build();
    HttpResponse<byte[]> response = answer(request, limit);
    if (response.statusCode() == NOT_FOUND || response.statusCode() == GONE) {
      return Optional.empty();
    }
    if (response.statusCode() != OK) {
      throw new IOException(
          request.uri() + " must be answered with 200 or 404, was with " + response.statusCode());
    }
    String coded = response.headers().firstValue("Content-Encoding").orElse(IDENTITY);
    return switch (coded) {
      case IDENTITY -> Optional.of(response.body());
      case GZIP -> Optional.of(unzipped(path, response.body(), limit));
      default -> throw UnprovenException.served(path, "coded as identity or gzip", "as " + coded);
    };
  }

  /** A few bytes may become many: no more are made than one too many. */
  private static byte[] unzipped(String path, byte[] body, int limit) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      return in.readNBytes(limit + 1);
    } catch (ZipException | EOFException e) {
      throw UnprovenException.served(
          path, "gzip, as its Content-Encoding says", "not: " + Sentence.of(e));
    }
  }

  private HttpResponse<byte[]> answer(HttpRequest request, int limit) throws IOException {
    Duration wait = FIRST_WAIT;
    for (int attempt = 1; ; attempt++, wait = wait.multipliedBy(2)) {
      Duration asked = wait;
      try {
        HttpResponse<byte[]> response = send(request, limit);
        if (attempt == ATTEMPTS || !PASSING.contains(response.statusCode())) {
          return response;
        }
        asked = retryAfter(response).orElse(wait);
      } catch (IOException e) {
        if (attempt == ATTEMPTS || !isCutOff(e)) {
          throw e;
        }
      }
      if (!waiting.of(asked.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : asked)) {
        throw new InterruptedIOException(
            "interrupted while the log's server was to be asked again");
      }
    }
  }

  /** In seconds: who names a date is asked as one who names nothing. */
  private static Optional<Duration> retryAfter(HttpResponse<byte[]> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .filter(text -> SECONDS.matcher(text).matches())
        .map(text -> Duration.ofSeconds(Long.parseLong(text)));
  }

  /** A connection that was there, and ended before the answer did. */
  private static boolean isCutOff(IOException failure) {
    Throwable cause = failure.getCause();
    return cause instanceof IOException
        && !(cause instanceof ConnectException)
        && !(cause instanceof HttpTimeoutException)
        && !(cause instanceof SSLException);
  }

  private HttpResponse<byte[]> send(HttpRequest request, int limit) throws IOException {
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(request, response -> new BoundedBody(limit));
    try {
      return answer.get(timeouts.whole().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(
          request.uri() + " must be answered, was not: " + reason(e.getCause()), e.getCause());
    } catch (TimeoutException e) {
      throw new HttpTimeoutException(
          request.uri() + " must be answered within " + timeouts.whole() + ", was not");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the log's server was awaited");
    } finally {
      boolean unused = answer.cancel(true);
    }
  }

  /** The JDK's failures to connect say nothing themselves. */
  private static String reason(@Nullable Throwable cause) {
    if (cause == null) {
      return "for no reason that is known";
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
