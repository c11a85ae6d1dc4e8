// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpMessage;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.List;
import java.util.Optional;

/**
 * Where a request ends must be the same to everybody on its way (RFC 9112 sections 3.2, 6.1, 6.3): one
 * that a proxy could read otherwise is refused, and its connection is closed.
 */
final class Framing {
  private static final String DECODER = "httpDecoder";
  private static final String CHUNKED = "chunked";
  private static final String CONTINUE = "100-continue";

  private Framing() {}

  /**
   * Shows both headers where a request has Content-Length and Transfer-Encoding: the decoder of Netty
   * would drop the one and say nothing. To be called before the connection's first byte is read.
   */
  static void show(HttpConnection connection, HttpServerOptions options) {
    ChannelPipeline pipeline =
        ((HttpServerConnection) connection).channelHandlerContext().pipeline();
    var unused =
        pipeline.replace(
            DECODER,
            DECODER,
            new VertxHttpRequestDecoder(options) {
              @Override
              protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
                // Both stay, for fault to see.
              }
            });
  }

  /** What is wrong, if anything is. */
  static Optional<String> fault(HttpServerRequest request) {
    if (request.version() == null) {
      return Optional.of("the HTTP version must be 1.1 or 1.0, was another");
    }
    boolean http11 = request.version() == HttpVersion.HTTP_1_1;
    MultiMap headers = request.headers();
    int hosts = headers.getAll(HttpHeaders.HOST).size();
    if (hosts > 1 || http11 && hosts == 0) {
      return Optional.of(
          "the Host header must be present once, was " + (hosts == 0 ? "absent" : "repeated"));
    }
    if (headers.contains(HttpHeaders.TRANSFER_ENCODING)) {
      if (!http11 || !isOnly(headers, HttpHeaders.TRANSFER_ENCODING, CHUNKED)) {
        return Optional.of("the Transfer-Encoding must be chunked in HTTP/1.1, was another");
      }
      if (headers.contains(HttpHeaders.CONTENT_LENGTH)) {
        return Optional.of("Content-Length or Transfer-Encoding must be alone, both were present");
      }
    }
    if (headers.contains(HttpHeaders.EXPECT) && !isOnly(headers, HttpHeaders.EXPECT, CONTINUE)) {
      return Optional.of("the Expect header must be 100-continue, was another");
    }
    return Optional.empty();
  }

  /** Whether a body is announced that is longer, in bytes. */
  static boolean saysMoreThan(int most, HttpServerRequest request) {
    String declared = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    // More digits than an int has would not be parsed; Netty has seen that they are digits.
    return declared != null && (declared.length() > 9 || Long.parseLong(declared.trim()) > most);
  }

  /** Whether the sender waits to be told to go on. HTTP/1.0 knows no such thing. */
  static boolean waitsToContinue(HttpServerRequest request) {
    return request.version() == HttpVersion.HTTP_1_1
        && request.headers().contains(HttpHeaders.EXPECT);
  }

  private static boolean isOnly(MultiMap headers, CharSequence name, String value) {
    List<String> all = headers.getAll(name);
    return all.size() == 1 && all.get(0).trim().equalsIgnoreCase(value);
  }
}
