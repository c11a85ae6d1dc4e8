// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.Optional;
import javax.sql.DataSource;

/** A store that is read. */
interface ReadableStore extends AutoCloseable {
  /** Connections that only read, each seeing what was committed when its statement began. */
  DataSource readers();

  /** Where what left it is; empty where nothing does. */
  Optional<TileArchive> archive();

  @Override
  void close();
}
