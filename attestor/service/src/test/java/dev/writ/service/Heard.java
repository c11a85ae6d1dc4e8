// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The log of the service, while it is open. */
final class Heard extends Handler implements AutoCloseable {
  // Held here: a logger that nobody holds is forgotten.
  private final Logger logger = Logger.getLogger("dev.writ.service");
  private final List<LogRecord> records = new CopyOnWriteArrayList<>();

  Heard() {
    logger.addHandler(this);
  }

  List<LogRecord> of(String event) {
    return records.stream().filter(record -> record.getMessage().equals(event)).toList();
  }

  @Override
  public void publish(LogRecord record) {
    records.add(record);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
