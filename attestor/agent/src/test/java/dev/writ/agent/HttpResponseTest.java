// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9112, read without a network: what is clear is taken, all else refused. */
class HttpResponseTest {
  private static final int MAX_BODY = 1000;

  @Test
  void read_contentLength_takesThatMuchAndNoMore() throws Exception {
    HttpResponse response =
        read("HTTP/1.1 200 OK\r\nContent-Type:  a/b \t\r\nContent-Length: 3\r\n\r\nabcdef");

    assertThat(response.status()).isEqualTo(200);
    assertThat(response.only("content-type")).contains("a/b");
    assertThat(response.body()).asString().isEqualTo("abc");
  }

  @Test
  void read_chunks_areJoined() throws Exception {
    HttpResponse response =
        read(
            """
            HTTP/1.1 503 Unavailable\r
            transfer-encoding: Chunked\r
            \r
            3\r
            abc\r
            0A;name="value"\r
            0123456789\r
            0\r
            Trailer: x\r
            \r
            """);

    assertThat(response.status()).isEqualTo(503);
    assertThat(response.body()).asString().isEqualTo("abc0123456789");
  }

  @Test
  void read_interimResponses_areSkipped() throws Exception {
    assertThat(
            read("""
                    HTTP/1.1 100 Continue\r
                    \r
                    HTTP/1.1 103 Early Hints\r
                    Link: x\r
                    \r
                    HTTP/1.1 204 No Content\r
                    \r
                    """)
                .status())
        .isEqualTo(204);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0",
        "HTTP/1.1 200 OK\r\n Content-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: \u0000\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rc: d\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nuntil the end",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
      })
  void read_whatIsUnclearOrCut_isRefused(String text) {
    assertThatThrownBy(() -> read(text)).isInstanceOf(MalformedResponseException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;",
      })
  void read_linesWithoutEnd_areRefusedAfterSixteenKilobytes(String start) {
    for (String piece : new String[] {"x: y\r\n", "x"}) {
      Endless in = new Endless(start, piece);

      assertThatThrownBy(() -> HttpResponse.read(in, MAX_BODY))
          .isInstanceOf(MalformedResponseException.class)
          .hasMessageContaining("must be");
      assertThat(in.given()).isLessThan(2 * HttpResponse.MAX_HEADER);
    }
  }

  @Test
  void read_chunksWithoutEnd_areRefusedAtTheLimit() {
    Endless in = new Endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n");

    assertThatThrownBy(() -> HttpResponse.read(in, MAX_BODY))
        .isInstanceOf(MalformedResponseException.class)
        .hasMessageContaining("at most 1000 bytes");
  }

  @Test
  void read_interimResponsesWithoutEnd_areRefused() {
    Endless in = new Endless("", "HTTP/1.1 100 Continue\r\n\r\n");

    assertThatThrownBy(() -> HttpResponse.read(in, MAX_BODY))
        .isInstanceOf(MalformedResponseException.class)
        .hasMessageContaining("interim");
  }

  /** Cut anywhere and changed anywhere, an answer is read or refused, and nothing else happens. */
  @Test
  void read_anyBytes_endsInAResponseOrARefusal() throws Exception {
    String[] seeds = {
      "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    };
    Random random = new Random(1);
    for (String seed : seeds) {
      byte[] whole = seed.getBytes(StandardCharsets.ISO_8859_1);
      for (int cut = 0; cut < whole.length; cut++) {
        String start = seed.substring(0, cut);
        assertThatThrownBy(() -> read(start)).isInstanceOf(MalformedResponseException.class);
      }
      for (int i = 0; i < 50_000; i++) {
        byte[] changed = whole.clone();
        for (int n = random.nextInt(3); n >= 0; n--) {
          changed[random.nextInt(changed.length)] = (byte) random.nextInt();
        }
        try {
          HttpResponse response = HttpResponse.read(new ByteArrayInputStream(changed), MAX_BODY);
          assertThat(response.body()).hasSizeLessThanOrEqualTo(MAX_BODY);
        } catch (MalformedResponseException e) {
          assertThat(e).hasMessageContaining("must");
        }
      }
    }
  }

  private static HttpResponse read(String text) throws IOException {
    return HttpResponse.read(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)), MAX_BODY);
  }

  /** A text, then another for ever. */
  private static final class Endless extends InputStream {
    private final String start;
    private final String piece;
    private int given;

    Endless(String start, String piece) {
      this.start = start;
      this.piece = piece;
    }

    int given() {
      return given;
    }

    @Override
    public int read() {
      int at = given++;
      return at < start.length()
          ? start.charAt(at)
          : piece.charAt((at - start.length()) % piece.length());
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      for (int i = 0; i < length; i++) {
        bytes[offset + i] = (byte) read();
      }
      return length;
    }
  }
}
