// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static dev.writ.tpm.Esapi.ESYS_TR_NONE;
import static dev.writ.tpm.Esapi.ESYS_TR_PASSWORD;
import static dev.writ.tpm.Esapi.ESYS_TR_RH_ENDORSEMENT;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * Sessions, and what a policy session is told (TPM 2.0 Library Part 3, sections 11 and 23). Each is freed
 * with the {@link Frame} that its caller passed.
 *
 * <p>A salted session has a key that only the TPM and this process know: a fresh secret is encrypted to a
 * key of the TPM's, whose name the caller must have compared with one that it believes. With it the first
 * parameter of a command, or of its response, is encrypted on the way (AES-128-CFB), and whoever changes
 * either is noticed.
 */
final class Sessions {
  /** TPM_SE, Part 2 section 6.11. */
  private static final byte SE_HMAC = 0x00;

  private static final byte SE_POLICY = 0x01;

  /** TPMA_SESSION, Part 2 section 8.4: the first parameter of the command, of the response. */
  private static final byte DECRYPT = 0x20;

  private static final byte ENCRYPT = 0x40;

  /** TPMT_SYM_DEF: none, or AES-128 in CFB mode. */
  private static final byte[] NO_SYMMETRIC = new Template.Wire().u16(Template.ALG_NULL).bytes();

  private static final byte[] AES_128_CFB = new Template.Wire().aesCfb(128).bytes();

  private final TpmContext context;

  Sessions(TpmContext context) {
    this.context = context;
  }

  /** A policy session that PolicySecret(TPM_RH_ENDORSEMENT) satisfies. */
  int endorsementPolicy(Frame owner) throws TpmException {
    int session = start(owner, ESYS_TR_NONE, SE_POLICY, NO_SYMMETRIC);
    try (Frame frame = new Frame()) {
      PointerByReference timeout = frame.out();
      PointerByReference ticket = frame.out();
      context.call(
          "TPM2_PolicySecret",
          esys ->
              Esapi.Esys_PolicySecret(
                  esys,
                  ESYS_TR_RH_ENDORSEMENT,
                  session,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  null,
                  null,
                  null,
                  0,
                  timeout,
                  ticket));
    }
    return session;
  }

  /** A session that authorizes nothing and encrypts what a command is given; salted by {@code key}. */
  int encryptingCommands(Frame owner, int key) throws TpmException {
    return encrypting(owner, key, SE_HMAC, DECRYPT);
  }

  /** A policy session that encrypts what a command gives back; salted by {@code key}. */
  int encryptingPolicy(Frame owner, int key) throws TpmException {
    return encrypting(owner, key, SE_POLICY, ENCRYPT);
  }

  private int encrypting(Frame owner, int key, byte type, byte attribute) throws TpmException {
    int session = start(owner, key, type, AES_128_CFB);
    context.call(
        "Esys_TRSess_SetAttributes",
        esys -> Esapi.Esys_TRSess_SetAttributes(esys, session, attribute, attribute));
    return session;
  }

  /** TPM2_StartAuthSession. */
  private int start(Frame owner, int salt, byte type, byte[] symmetric) throws TpmException {
    IntByReference session = new IntByReference(ESYS_TR_NONE);
    try (Frame frame = new Frame()) {
      Pointer in = frame.in(WireType.TPMT_SYM_DEF, symmetric);
      context.call(
          "TPM2_StartAuthSession",
          esys ->
              Esapi.Esys_StartAuthSession(
                  esys,
                  salt,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  null,
                  type,
                  in,
                  (short) Template.ALG_SHA256,
                  session));
    }
    owner.flushAtEnd(context, session.getValue());
    return session.getValue();
  }

  /** TPM2_PolicyPCR: refused unless the PCRs have {@code pcrDigest} now. */
  void pcr(int session, byte[] selection, byte[] pcrDigest) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer digest = frame.in(WireType.TPM2B_DIGEST, Commands.sized(pcrDigest));
      Pointer pcrs = frame.in(WireType.TPML_PCR_SELECTION, selection);
      context.call(
          "TPM2_PolicyPCR",
          esys ->
              Esapi.Esys_PolicyPCR(
                  esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, digest, pcrs));
    }
  }

  /** TPM2_PolicyNV: refused unless the index, from its first byte on, stands so to {@code operand}. */
  void nv(int session, int nv, byte[] operand, int operation) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer in = frame.in(WireType.TPM2B_DIGEST, Commands.sized(operand));
      context.call(
          "TPM2_PolicyNV",
          esys ->
              Esapi.Esys_PolicyNV(
                  esys,
                  nv,
                  nv,
                  session,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  in,
                  (short) 0,
                  (short) operation));
    }
  }

  /**
   * TPM2_PolicyAuthorize: refused unless the session stands at {@code approved}.
   *
   * @param ticket TPMT_TK_VERIFIED that the key with {@code keyName} signed it with {@code policyRef}
   */
  void authorize(
      int session, PolicyDigest approved, byte[] policyRef, byte[] keyName, byte[] ticket)
      throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer policy = frame.in(WireType.TPM2B_DIGEST, Commands.sized(approved.bytes()));
      Pointer reference = frame.in(WireType.TPM2B_DIGEST, Commands.sized(policyRef));
      Pointer key = frame.in(WireType.TPM2B_NAME, Commands.sized(keyName));
      Pointer verified = frame.in(WireType.TPMT_TK_VERIFIED, ticket);
      context.call(
          "TPM2_PolicyAuthorize",
          esys ->
              Esapi.Esys_PolicyAuthorize(
                  esys,
                  session,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  policy,
                  reference,
                  key,
                  verified));
    }
  }
}
