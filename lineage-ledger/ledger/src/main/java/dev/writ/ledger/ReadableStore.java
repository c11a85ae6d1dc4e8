// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import javax.sql.DataSource;

/** A store that is read. */
interface ReadableStore extends AutoCloseable {
  /** Connections that only read, each seeing what was committed when its statement began. */
  DataSource readers();

  @Override
  void close();
}
