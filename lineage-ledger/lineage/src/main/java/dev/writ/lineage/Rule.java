// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Wire;

/** What a range of leaves is checked for. */
public enum Rule implements Wire {
  /** Every entry is a leaf of a known kind, in canonical form. */
  LEAF_READABLE("leaf_readable"),
  /** No leaf stands twice in the log. */
  LEAF_ONCE("leaf_once"),
  /** Every parent is a leaf of the log. */
  PARENT_PRESENT("parent_present"),
  /** Every parent is an earlier leaf. */
  PARENT_EARLIER("parent_earlier"),
  /** Every leaf has parents of the kinds that its own kind comes from, and no others. */
  PARENT_KIND("parent_kind"),
  /** A leaf and its parent say the same of what both name. */
  PARENT_AGREES("parent_agrees"),
  /** No two allows are of one artifact. */
  ARTIFACT_ONCE("artifact_once"),
  /** Epochs follow one another, and a decision is of the policy in force. */
  EPOCH_IN_FORCE("epoch_in_force"),
  /** A host's states follow one another, retired is the last, and an allow is an active host's. */
  HOST_STANDING("host_standing"),
  /** Each outcome has verification, artifact, allow and request, none of them in doubt. */
  OUTCOME_COMPLETE("outcome_complete"),
  /** An outcome of an opened artifact that the service judges comes after a use that the service let pass. */
  OUTCOME_VERIFIED("outcome_verified"),
  /** Each step of an operation, and each change of a key, is of an operation proposed before. */
  OPERATION_PROPOSED("operation_proposed"),
  /** An opened artifact says what its leaf says. */
  OPENING_AGREES("opening_agrees"),
  /** An opened child may no more than its opened parent, and is of an allow after its parent's. */
  CHILD_SCOPE("child_scope");

  private final String wire;

  Rule(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
