// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.VerificationKey;
import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Point;
import dev.writ.tpm.ApprovedPolicy;
import dev.writ.tpm.ApproverKey;
import dev.writ.tpm.Pcr;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.PcrValue;
import dev.writ.tpm.SealedData;
import dev.writ.tpm.TpmException;
import dev.writ.tpm.UnsealPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A sealed PIN with the policy under which it opens, as {@code sealed-pin.json} holds it: JCS (RFC 8785)
 * and one newline, in no other form.
 *
 * <pre>
 * {v: 1,
 *  approver   the JWK of the key that approves policies
 *  counter    the value of the TPM's counter for which the policy was approved, 0 to 2^53 - 1
 *  parent     the name of the storage root key, base64url
 *  pcrs       [{bank, pcr, value}], by bank and number; value in hex
 *  policy     the digest of the policy over pcrs and counter, which the approver signed
 *  private    content of the TPM2B_PRIVATE, base64url
 *  public     TPMT_PUBLIC, base64url
 *  signature  r ‖ s of ES256, base64url}
 * </pre>
 *
 * @param data what is sealed
 * @param approved when it opens
 */
record SealedPinFile(SealedData data, ApprovedPolicy approved) {
  /** Longest file accepted, in bytes. */
  static final int MAX_BYTES = 32 * 1024;

  private static final int MAX_PUBLIC = 512;
  private static final int MAX_NAME = 66;
  private static final int MAX_PCRS = PcrBank.values().length * (Pcr.MAX_INDEX + 1);
  private static final long MAX_EXACT = (1L << 53) - 1;

  /** The file, which is its owner's alone. */
  static SealedPinFile read(Path file) throws IOException, MalformedSealedPinException {
    return parse(OwnersFile.read(file, MAX_BYTES));
  }

  static SealedPinFile parse(byte[] json) throws MalformedSealedPinException {
    SealedPinFile file;
    try {
      file = take(StrictJson.parse(json, MAX_BYTES));
    } catch (MalformedJsonException | TpmException | IllegalArgumentException e) {
      throw new MalformedSealedPinException(e);
    }
    if (!Arrays.equals(file.toJson(), json)) {
      throw new MalformedSealedPinException(
          "a sealed PIN's file must be byte for byte as writ keys seal-pin wrote it, and was written"
              + " by something else: restore it, or seal the PIN anew");
    }
    return file;
  }

  private static SealedPinFile take(JsonMembers json) throws MalformedJsonException, TpmException {
    json.version();
    ApproverKey approver = approver(json.object("approver"));
    List<PcrValue> pcrs = new ArrayList<>();
    for (JsonMembers pcr : json.objects("pcrs", MAX_PCRS)) {
      pcrs.add(pcr(pcr));
    }
    UnsealPolicy policy = new UnsealPolicy(pcrs, json.integer("counter", 0, MAX_EXACT));
    Hash digest = json.hash("policy");
    if (!Arrays.equals(digest.bytes(), policy.digestBytes())) {
      throw new IllegalArgumentException(
          "policy must be the digest of pcrs and counter, "
              + HexFormat.of().formatHex(policy.digestBytes())
              + ", was "
              + digest.hex());
    }
    SealedPinFile file =
        new SealedPinFile(
            SealedData.of(
                json.base64UrlUpTo("public", MAX_PUBLIC),
                json.base64UrlUpTo("private", SealedData.MAX_PRIVATE_BYTES),
                json.base64UrlUpTo("parent", MAX_NAME),
                approver),
            new ApprovedPolicy(
                policy, json.base64Url("signature", ApprovedPolicy.SIGNATURE_BYTES)));
    json.end();
    return file;
  }

  private static ApproverKey approver(JsonMembers jwk) throws MalformedJsonException {
    jwk.constant("kty", "EC");
    jwk.constant("crv", "P-256");
    ECPublicKey key =
        P256Point.ofCoordinates(jwk.base64Url("x", 32), jwk.base64Url("y", 32))
            .orElseThrow(() -> new IllegalArgumentException("approver must be a point of P-256"))
            .platformKey();
    VerificationKey named = new VerificationKey(jwk.thumbprint("kid"), key);
    jwk.end();
    return ApproverKey.of(named.key());
  }

  private static PcrValue pcr(JsonMembers json) throws MalformedJsonException {
    String bank = json.text("bank");
    PcrValue value =
        new PcrValue(
            new Pcr(
                PcrBank.named(bank)
                    .orElseThrow(
                        () -> new IllegalArgumentException("bank must be a bank, was " + bank)),
                (int) json.integer("pcr", 0, Pcr.MAX_INDEX)),
            HexFormat.of().parseHex(json.text("value")));
    json.end();
    return value;
  }

  /** The file that is read as this. */
  byte[] toJson() {
    List<Map<String, Object>> pcrs = new ArrayList<>();
    for (PcrValue pcr : approved.policy().pcrs()) {
      pcrs.add(
          Map.of(
              "bank",
              pcr.pcr().bank().wire(),
              "pcr",
              pcr.pcr().index(),
              "value",
              HexFormat.of().formatHex(pcr.value())));
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("approver", VerificationKey.of(data.approver().key()).toMap());
    map.put("counter", approved.policy().counter());
    map.put("parent", base64Url(data.parentName()));
    map.put("pcrs", pcrs);
    map.put("policy", HexFormat.of().formatHex(approved.policy().digestBytes()));
    map.put("private", base64Url(data.wrappedPrivate()));
    map.put("public", base64Url(data.publicArea()));
    map.put("signature", base64Url(approved.signature()));
    return (new String(Jcs.canonical(map), StandardCharsets.UTF_8) + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
