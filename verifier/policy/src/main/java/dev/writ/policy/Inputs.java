// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * All that a decision is made from: nothing else is read, so the same inputs under the same document
 * give the same decision, byte for byte.
 *
 * @param subject who asks
 * @param request what is asked for
 * @param governance under whose authority
 * @param trust what the appraisal said
 * @param env the environment
 * @param now the time of the decision, in whole milliseconds
 */
public record Inputs(
    Subject subject, Request request, Governance governance, Trust trust, Env env, Instant now) {
  static final String DIGEST_LABEL = "writ-inputs-v1";

  static final Struct<Inputs> STRUCT =
      Struct.<Inputs>named("Inputs")
          .field("env", InputType.ofStruct(Env.STRUCT), Inputs::env)
          .field("governance", InputType.ofStruct(Governance.STRUCT), Inputs::governance)
          .field("now", InputType.TIME, Inputs::now)
          .field("request", InputType.ofStruct(Request.STRUCT), Inputs::request)
          .field("subject", InputType.ofStruct(Subject.STRUCT), Inputs::subject)
          .field("trust", InputType.ofStruct(Trust.STRUCT), Inputs::trust)
          .build(
              read ->
                  new Inputs(
                      read.get("subject", InputType.ofStruct(Subject.STRUCT)),
                      read.get("request", InputType.ofStruct(Request.STRUCT)),
                      read.get("governance", InputType.ofStruct(Governance.STRUCT)),
                      read.get("trust", InputType.ofStruct(Trust.STRUCT)),
                      read.get("env", InputType.ofStruct(Env.STRUCT)),
                      read.get("now", InputType.TIME)));

  /** Cuts {@code now} to milliseconds, the resolution of the ledger's times. */
  public Inputs {
    now = now.truncatedTo(ChronoUnit.MILLIS);
  }

  /**
   * The inputs that {@link #toJson} wrote.
   *
   * @throws MalformedPolicyException if they are not of that form
   */
  public static Inputs parse(byte[] json) throws MalformedPolicyException {
    return STRUCT.read(StrictJson.read(json));
  }

  /** The inputs as canonical JSON (RFC 8785), for the record and for replay. */
  public byte[] toJson() {
    return json().bytes();
  }

  /** {@code SHA-256("writ-inputs-v1" ‖ 0x00 ‖ SHA-256(JCS))}. */
  public PolicyDigest digest() {
    return PolicyDigest.of(DIGEST_LABEL, toJson());
  }

  /** What bound the inputs exceed; such inputs are denied without being shown to a rule. */
  Optional<String> excess() {
    return STRUCT.excess(this).map(excess -> excess.substring(1));
  }

  private CanonicalJson json() {
    CanonicalJson out = new CanonicalJson();
    STRUCT.write(this, out);
    return out;
  }
}
