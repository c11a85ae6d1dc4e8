// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * The log as one JSON object a line: {@code time, level, logger, event} and what {@link LogFields} an
 * event has. What was logged without fields is the event {@code message}.
 *
 * <p>A thread of its own writes, from a bounded queue: a reader of the log who does not keep up must not
 * hold up a decision. Lines that found the queue full are counted, and the count is a line.
 */
public final class JsonLog extends Handler {
  private static final int QUEUE = 8_192;
  private static final int LONGEST_TEXT = 8_192;

  private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(QUEUE);
  private final LongAdder dropped = new LongAdder();
  private final PrintStream out;
  private final Thread writer;
  private volatile boolean closed;

  JsonLog(PrintStream out) {
    this.out = out;
    this.writer = new Thread(this::write, "log");
    writer.setDaemon(true);
    writer.start();
  }

  /**
   * Makes this the only way of the process's log, to {@code out}.
   *
   * @param level what is below it is not logged, such as {@link System.Logger.Level#INFO}
   * @return to be closed last, so that what was logged is written
   */
  public static JsonLog install(PrintStream out, System.Logger.Level level) {
    LogManager.getLogManager().reset();
    JsonLog log = new JsonLog(out);
    Logger root = Logger.getLogger("");
    root.setLevel(Level.INFO);
    root.addHandler(log);
    Logger writ = Logger.getLogger("dev.writ");
    writ.setLevel(
        switch (level) {
          case ALL, TRACE -> Level.FINER;
          case DEBUG -> Level.FINE;
          case INFO -> Level.INFO;
          case WARNING -> Level.WARNING;
          case ERROR -> Level.SEVERE;
          case OFF -> Level.OFF;
        });
    KEPT = writ;
    return log;
  }

  /** The log manager holds loggers weakly: this one's level would be forgotten with it. */
  @SuppressWarnings({"unused", "NonFinalStaticField"})
  private static Logger KEPT = Logger.getLogger("dev.writ");

  @Override
  public void publish(LogRecord record) {
    if (!isLoggable(record)) {
      return;
    }
    if (closed || !lines.offer(line(record))) {
      dropped.increment();
    }
  }

  private void write() {
    try {
      while (!closed || !lines.isEmpty()) {
        String line = lines.poll(100, TimeUnit.MILLISECONDS);
        if (line != null) {
          out.println(line);
          if (lines.isEmpty()) {
            out.flush();
          }
        }
        long lost = dropped.sumThenReset();
        if (lost > 0) {
          LogRecord record = new LogRecord(Level.WARNING, "log_dropped");
          record.setLoggerName(JsonLog.class.getName());
          record.setParameters(new Object[] {LogFields.of("lines", lost)});
          out.println(line(record));
        }
      }
      out.flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The line for a record, without its end. */
  static String line(LogRecord record) {
    StringBuilder json = new StringBuilder(160);
    json.append("{\"time\":");
    text(json, record.getInstant().truncatedTo(java.time.temporal.ChronoUnit.MILLIS).toString());
    json.append(",\"level\":");
    text(json, level(record.getLevel()));
    json.append(",\"logger\":");
    text(json, String.valueOf(record.getLoggerName()));
    json.append(",\"event\":");
    Object[] parameters = record.getParameters();
    if (parameters != null && parameters.length == 1 && parameters[0] instanceof LogFields fields) {
      text(json, record.getMessage());
      fields(json, fields.values());
    } else {
      text(json, "message");
      json.append(",\"message\":");
      text(json, new java.util.logging.SimpleFormatter().formatMessage(record));
    }
    if (record.getThrown() != null) {
      json.append(",\"error\":");
      text(json, trace(record.getThrown()));
    }
    return json.append('}').toString();
  }

  private static void fields(StringBuilder json, Map<String, Object> fields) {
    for (Map.Entry<String, Object> field : fields.entrySet()) {
      json.append(',');
      text(json, field.getKey());
      json.append(':');
      if (field.getValue() instanceof Long || field.getValue() instanceof Integer) {
        json.append(field.getValue());
      } else {
        text(json, String.valueOf(field.getValue()));
      }
    }
  }

  private static String level(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return "error";
    } else if (level.intValue() >= Level.WARNING.intValue()) {
      return "warning";
    }
    return level.intValue() >= Level.INFO.intValue() ? "info" : "debug";
  }

  private static String trace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  /** ASCII alone, so that no text steers the terminal that shows it. */
  private static void text(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length() && i < LONGEST_TEXT; i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c >= 0x20 && c < 0x7f) {
        json.append(c);
      } else if (c == '\n') {
        json.append("\\n");
      } else {
        json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
    json.append('"');
  }

  @Override
  public void flush() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    while (!lines.isEmpty() && writer.isAlive() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    out.flush();
  }

  /** Writes what was logged, as far as the reader lets it within a second. */
  @Override
  public void close() {
    closed = true;
    try {
      writer.join(1_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** For standard error, in UTF-8 and without a flush at each line. */
  public static PrintStream standardError() {
    return new PrintStream(
        new java.io.BufferedOutputStream(new java.io.FileOutputStream(java.io.FileDescriptor.err)),
        false,
        StandardCharsets.UTF_8);
  }
}
