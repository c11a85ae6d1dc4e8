// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static dev.writ.tpm.Esapi.ESYS_TR_NONE;
import static dev.writ.tpm.Esapi.ESYS_TR_RH_OWNER;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Puts a secret under a policy of approved policies, and takes it out under one of them. Between this
 * process and the TPM the secret is encrypted.
 */
final class Sealing {
  private static final String INTEGRITY = "TPM_RC_INTEGRITY";

  private final TpmContext context;
  private final Commands commands;
  private final Sessions sessions;

  Sealing(TpmContext context, Commands commands, Sessions sessions) {
    this.context = context;
    this.commands = commands;
    this.sessions = sessions;
  }

  /** TPM2_Create of a sealed data object under the storage root key {@code root}. */
  SealedData seal(int root, byte[] secret, ApproverKey approver) throws TpmException {
    byte[] parentName = commands.name(root);
    byte[] sensitive = sensitive(secret);
    try (Frame frame = new Frame()) {
      WrappedKey sealed =
          commands.create(
              root,
              sessions.encryptingCommands(frame, root),
              SealedData.template(approver, parentName),
              sensitive);
      return SealedData.of(sealed.publicArea(), sealed.wrappedPrivate(), parentName, approver);
    } finally {
      Arrays.fill(sensitive, (byte) 0);
    }
  }

  /** TPM2B_SENSITIVE_CREATE: size, empty authorization value, data. No copy of it is left behind. */
  private static byte[] sensitive(byte[] secret) {
    int content = Short.BYTES + Short.BYTES + secret.length;
    return ByteBuffer.allocate(Short.BYTES + content)
        .putShort((short) content)
        .putShort((short) 0)
        .putShort((short) secret.length)
        .put(secret)
        .array();
  }

  /**
   * Takes the secret out.
   *
   * @param root the storage root key; its name is that of {@code data}'s parent
   * @param counter the counter's index
   */
  UnsealOutcome unseal(int root, int counter, SealedData data, ApprovedPolicy approved)
      throws TpmException {
    UnsealPolicy policy = approved.policy();
    try (Frame frame = new Frame()) {
      byte[] ticket = ticket(data, approved);
      int session = sessions.encryptingPolicy(frame, root);
      sessions.pcr(session, policy.selection(), policy.pcrDigest());
      sessions.nv(session, counter, policy.operand(), UnsealPolicy.EQUALS);
      sessions.authorize(
          session, policy.digest(), data.policyRef(), data.approver().name(), ticket);
      int item = commands.load(root, new WrappedKey(data.publicArea(), data.wrappedPrivate()));
      frame.flushAtEnd(context, item);
      return new UnsealOutcome.Unsealed(unseal(item, session));
    } catch (TpmException e) {
      if (e.codeName().equals(INTEGRITY)) {
        return new UnsealOutcome.Altered();
      }
      throw e;
    }
  }

  /** TPM2_Unseal. */
  private byte[] unseal(int item, int session) throws TpmException {
    try (Frame frame = new Frame()) {
      PointerByReference data = frame.out();
      context.call(
          "TPM2_Unseal",
          esys -> Esapi.Esys_Unseal(esys, item, session, ESYS_TR_NONE, ESYS_TR_NONE, data));
      byte[] wire = frame.secretWire(WireType.TPM2B_SENSITIVE_DATA, data);
      try {
        return Commands.unsized(wire);
      } finally {
        Arrays.fill(wire, (byte) 0);
      }
    }
  }

  /**
   * The TPM's word that the approver signed the policy: TPMT_TK_VERIFIED. The key is loaded into the
   * owner's hierarchy, since for one without a hierarchy there are no tickets.
   */
  private byte[] ticket(SealedData data, ApprovedPolicy approved) throws TpmException {
    try (Frame frame = new Frame()) {
      int key = loadExternal(frame, data.approver().publicArea());
      byte[] statement = PolicyDigest.sha256(data.statement(approved.policy()));
      Pointer digest = frame.in(WireType.TPM2B_DIGEST, Commands.sized(statement));
      Pointer signature =
          frame.in(WireType.TPMT_SIGNATURE, EcdsaSignature.tpmt(approved.signature()));
      PointerByReference ticket = frame.out();
      context.call(
          "TPM2_VerifySignature",
          esys ->
              Esapi.Esys_VerifySignature(
                  esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, digest, signature, ticket));
      return frame.wire(WireType.TPMT_TK_VERIFIED, ticket);
    }
  }

  /** TPM2_LoadExternal of a public key; its slot is freed with {@code owner}. */
  private int loadExternal(Frame owner, byte[] publicArea) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer in = frame.in(WireType.TPM2B_PUBLIC, Commands.sized(publicArea));
      IntByReference handle = new IntByReference(ESYS_TR_NONE);
      context.call(
          "TPM2_LoadExternal",
          esys ->
              Esapi.Esys_LoadExternal(
                  esys,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  null,
                  in,
                  ESYS_TR_RH_OWNER,
                  handle));
      owner.flushAtEnd(context, handle.getValue());
      return handle.getValue();
    }
  }
}
