// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who wants to do which action on what. Its digest is bound into the Evidence, the artifact's claims
 * and the leaf, so the three speak of one request.
 *
 * @param iss issuer that is asked
 * @param aud Relying Parties for which the permission is wanted; exactly one where uses are counted
 * @param tenant tenant on whose behalf
 * @param sub workload, a SPIFFE ID
 * @param act what is to be done
 * @param parent {@code jti} of the artifact under which this execution is started
 * @param jkt RFC 7638 thumbprint of the instance key that will hold the permission
 */
public record ExecutionRequest(
    String iss,
    List<String> aud,
    String tenant,
    String sub,
    Act act,
    Optional<UuidV7> parent,
    Hash jkt) {
  /** Longest request accepted, in bytes. */
  public static final int MAX_BYTES = 16 * 1024;

  static final int MAX_AUDIENCE = 16;

  /**
   * The request as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public ExecutionRequest {
    Require.visible("iss", iss, 256);
    aud = Require.distinct("aud", aud, 1, MAX_AUDIENCE);
    for (String party : aud) {
      Require.visible("aud", party, 256);
    }
    if (act.countsUses() && aud.size() != 1) {
      throw new InvalidValueException(
          "aud", "one Relying Party, because act.max_uses needs one judge", aud.size() + "");
    }
    Require.name("tenant", tenant, 64);
    SpiffeId.require("sub", sub);
  }

  /** The request that {@code json} spells; members unknown to this format are refused. */
  public static ExecutionRequest parse(byte[] json) throws MalformedRequestException {
    JsonMembers members;
    try {
      members = StrictJson.parse(json, MAX_BYTES);
    } catch (MalformedJsonException e) {
      throw new MalformedRequestException(e);
    }
    return take(members);
  }

  /**
   * The request that these members are, for a document that holds one; members unknown to this format
   * are refused.
   */
  public static ExecutionRequest take(JsonMembers json) throws MalformedRequestException {
    try {
      json.version();
      ExecutionRequest request =
          new ExecutionRequest(
              json.text("iss"),
              json.texts("aud", MAX_AUDIENCE),
              json.text("tenant"),
              json.text("sub"),
              Act.take(json.object("act")),
              json.optionalUuid("parent"),
              json.thumbprint("jkt"));
      json.end();
      return request;
    } catch (MalformedJsonException e) {
      throw new MalformedRequestException(e);
    } catch (InvalidValueException e) {
      throw new MalformedRequestException(e);
    }
  }

  /** Whether it is for executions on hosts, and for nothing else: there a renewal starts nothing. */
  public boolean isOfExecutions() {
    return act.action().equals(ExecBinding.ACTION) && aud.stream().allMatch(ExecAudience::isMeant);
  }

  /** The same, asked for under this artifact or under none. */
  public ExecutionRequest under(Optional<UuidV7> other) {
    return new ExecutionRequest(iss, aud, tenant, sub, act, other, jkt);
  }

  /** Its canonical JSON, which is what its digest is of. */
  public byte[] jcs() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("iss", iss);
    map.put("aud", aud);
    map.put("tenant", tenant);
    map.put("sub", sub);
    map.put("act", act.toMap());
    parent.ifPresent(jti -> map.put("parent", jti.toString()));
    map.put("jkt", Base64Url.encode(jkt.bytes()));
    return Jcs.canonical(map);
  }

  /** {@code H("writ-request-v1", SHA-256(JCS))}. */
  public Hash digest() {
    return LabelledHash.of("writ-request-v1", Hash.sha256(jcs()));
  }
}
