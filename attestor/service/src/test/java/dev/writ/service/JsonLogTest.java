// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.StrictJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lines of the log are JSON, each one event, and writing them holds up nobody. */
@Timeout(60)
final class JsonLogTest {
  private static LogRecord record(Level level, String message, Object... parameters) {
    LogRecord record = new LogRecord(level, message);
    record.setLoggerName("dev.writ.service.Test");
    record.setInstant(Instant.parse("2026-11-21T09:00:00.123456Z"));
    record.setParameters(parameters);
    return record;
  }

  private static JsonMembers parse(String line) throws Exception {
    assertThat(line).doesNotContain("\n");
    return StrictJson.parse(line.getBytes(StandardCharsets.UTF_8), 64 * 1024);
  }

  @Test
  void event_withFields_isOneObject() throws Exception {
    JsonMembers line =
        parse(
            JsonLog.line(
                record(
                    Level.WARNING,
                    "refused",
                    LogFields.of("code", "unverifiable", "duration_ms", 7L))));
    assertThat(line.text("time")).isEqualTo("2026-11-21T09:00:00.123Z");
    assertThat(line.text("level")).isEqualTo("warning");
    assertThat(line.text("logger")).isEqualTo("dev.writ.service.Test");
    assertThat(line.text("event")).isEqualTo("refused");
    assertThat(line.text("code")).isEqualTo("unverifiable");
    assertThat(line.integer("duration_ms", 0, 10)).isEqualTo(7);
    line.end();
  }

  @Test
  void message_ofOthers_isTheEventMessage() throws Exception {
    JsonMembers line = parse(JsonLog.line(record(Level.FINE, "port {0} is open", 7)));
    assertThat(line.text("level")).isEqualTo("debug");
    assertThat(line.text("event")).isEqualTo("message");
    assertThat(line.text("message")).isEqualTo("port 7 is open");
  }

  @Test
  void text_thatIsHostile_staysInItsString() throws Exception {
    String hostile = "a\"}\n{\"\u001b[31m\u202e\\";
    String line = JsonLog.line(record(Level.INFO, "refused", LogFields.of("message", hostile)));
    assertThat(line).isASCII().doesNotContain("\u001b");
    assertThat(parse(line).text("message")).isEqualTo(hostile);
  }

  @Test
  void exception_isAField() throws Exception {
    LogRecord record = record(Level.SEVERE, "it failed");
    record.setThrown(new IllegalStateException("bug: a test"));
    assertThat(parse(JsonLog.line(record)).text("error")).contains("bug: a test");
  }

  @Test
  void close_writesWhatWasLogged() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonLog log = new JsonLog(new PrintStream(out, false, StandardCharsets.UTF_8));
    for (int i = 0; i < 100; i++) {
      log.publish(record(Level.INFO, "event"));
    }
    log.close();
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(100);
  }

  @Test
  void reader_thatDoesNotKeepUp_losesLinesAndHoldsUpNobody() throws Exception {
    CountDownLatch reads = new CountDownLatch(1);
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    OutputStream stuck =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            try {
              reads.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            kept.write(b);
          }
        };
    JsonLog log = new JsonLog(new PrintStream(stuck, false, StandardCharsets.UTF_8));
    for (int i = 0; i < 20_000; i++) {
      log.publish(record(Level.INFO, "event"));
    }
    reads.countDown();
    log.close();
    List<String> lines = kept.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines.size()).isLessThan(20_000);
    assertThat(lines).anyMatch(line -> line.contains("\"event\":\"log_dropped\""));
  }
}
