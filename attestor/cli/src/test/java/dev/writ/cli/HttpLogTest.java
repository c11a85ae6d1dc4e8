// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.Timeouts;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.UnprovenException;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a reader makes of a server that has no time, and of one that serves what it does not. */
class HttpLogTest {
  private static final EntryBundlePath BUNDLE = new EntryBundlePath(0, 3);

  private final List<Duration> waited = new ArrayList<>();
  private LogServer server;
  private SampleLog log;

  @BeforeEach
  void serve() throws Exception {
    log = SampleLog.ofWords(3);
    server = new LogServer(log);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpLog reader() throws CommandFailure {
    return HttpLog.at(
        URI.create(server.url()),
        Optional.empty(),
        Timeouts.STANDARD,
        time -> {
          waited.add(time);
          return true;
        });
  }

  @Test
  void server_thatHasNoTime_isAskedAgainAfterTheTimeThatItNames() throws Exception {
    server.answerNextWith(503, 429, 502);
    assertThat(reader().readCheckpoint()).isPresent();
    assertThat(waited).containsExactly(Duration.ZERO, Duration.ofSeconds(2), Duration.ofSeconds(4));
  }

  @Test
  void server_thatNamesALongTime_isNotWaitedForAsLong() throws Exception {
    server.retryAfter("86400");
    server.answerNextWith(503, 200);
    assertThat(reader().readCheckpoint()).isPresent();
    server.retryAfter("Fri, 31 Dec 2100 23:59:59 GMT");
    server.answerNextWith(503, 200);
    assertThat(reader().readCheckpoint()).isPresent();
    assertThat(waited).containsExactly(Duration.ofSeconds(30), Duration.ofSeconds(1));
  }

  @Test
  void server_thatNeverHasTime_isNotAskedForEver() throws Exception {
    server.answerAllWith(429);
    assertThatThrownBy(reader()::readCheckpoint)
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(UnprovenException.class)
        .hasMessageContaining("must be answered with 200 or 404, was with 429");
    assertThat(waited).hasSize(4);
    waited.clear();
    server.answerAllWith(500);
    assertThatThrownBy(reader()::readCheckpoint).hasMessageContaining("was with 500");
    assertThat(waited).isEmpty();
  }

  @Test
  void connection_thatEndsEarly_isTriedAgainAndNoWordOfTheLogs() throws Exception {
    server.cutNext(2);
    assertThat(reader().readCheckpoint()).isPresent();
    assertThat(waited).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
    server.cutNext(5);
    assertThatThrownBy(reader()::readCheckpoint)
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(UnprovenException.class);
  }

  @Test
  void bundle_thatIsNotTheGzipThatItSaysToBe_isNoFailureToReachTheServer() throws Exception {
    server.code(zip -> Arrays.copyOf(zip, zip.length - 9));
    assertThatThrownBy(() -> reader().readEntryBundle(BUNDLE))
        .isInstanceOf(UnprovenException.class)
        .hasMessageContaining("tile/entries/000.p/3 must be gzip");
    server.code(zip -> new byte[] {1, 2, 3});
    assertThatThrownBy(() -> reader().readEntryBundle(BUNDLE))
        .isInstanceOf(UnprovenException.class)
        .hasMessageContaining("tile/entries/000.p/3 must be gzip");
    assertThat(waited).isEmpty();
    server.code(zip -> zip);
    assertThat(reader().readEntryBundle(BUNDLE).orElseThrow())
        .isEqualTo(log.readEntryBundle(BUNDLE).orElseThrow());
  }
}
