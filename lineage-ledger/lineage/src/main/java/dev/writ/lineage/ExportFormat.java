// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Wire;

/** What others' tools read. */
public enum ExportFormat implements Wire {
  /** One W3C PROV-JSON document (Member Submission of 24 April 2013). */
  PROV("prov"),
  /** OpenLineage RunEvents, one a line. */
  OPENLINEAGE("openlineage"),
  /** in-toto Statements with SLSA Verification Summaries, one a line. */
  VSA("vsa"),
  /** in-toto Statements with Simple Verification Results, one a line. */
  SVR("svr");

  private final String wire;

  ExportFormat(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
