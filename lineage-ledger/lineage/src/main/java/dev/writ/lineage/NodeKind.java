// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Wire;

/** What a node of the graph is. */
public enum NodeKind implements Wire {
  /** That somebody asked: for what is decided. */
  REQUEST("request"),
  /** Allow, or deny with a code. */
  DECISION("decision"),
  /** The permission that an allow made. */
  ARTIFACT("artifact"),
  /** That the service verified Evidence before it decided, or an artifact that it was shown. */
  VERIFICATION("verification"),
  /** How an execution ended, as one reporter says. */
  OUTCOME("outcome"),
  /** A denial or a withdrawal. */
  ENFORCEMENT("enforcement"),
  /** What ran under one artifact, once or several times. */
  EXECUTION("execution"),
  /** Who asked, or for whom: a commitment, or a name where it was opened. */
  PRINCIPAL("principal"),
  /** What a host's TPM quoted. */
  EVIDENCE("evidence"),
  /** An enrolled machine. */
  HOST("host"),
  /** The attestation key of a host. */
  ATTESTATION_KEY("attestation_key"),
  /** The endorsement key of a host's TPM. */
  ENDORSEMENT_KEY("endorsement_key"),
  /** A policy that came into force. */
  POLICY("policy"),
  /** An operator's word. */
  APPROVAL("approval"),
  /** A change that takes several operators. */
  OPERATION("operation"),
  /** A key, by its RFC 7638 thumbprint. */
  KEY("key"),
  /** What the log says became of a key. */
  KEY_STATEMENT("key_statement"),
  /** That the service was started. */
  START("start"),
  /** A trust file, by its digest. */
  TRUST_FILE("trust_file"),
  /** A tree of the log that a leaf, or whoever reads, names. */
  CHECKPOINT("checkpoint"),
  /** What an execution rests on, by digest; known where the artifact was opened. */
  DEPENDENCY("dependency"),
  /** What was refused without a leaf of its own, or refused in a drill. */
  SUMMARY("summary");

  private final String wire;

  NodeKind(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
