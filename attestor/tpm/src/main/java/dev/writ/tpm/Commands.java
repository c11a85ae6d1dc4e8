// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static dev.writ.tpm.Esapi.ESYS_TR_NONE;
import static dev.writ.tpm.Esapi.ESYS_TR_PASSWORD;
import static dev.writ.tpm.Esapi.ESYS_TR_RH_OWNER;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * TPM commands with wire bytes for arguments and results. Each borrows native memory for its own call
 * only; a handle that it returns is given back by the {@link Frame} that the caller passed.
 *
 * <p>Authorization values are empty throughout: whoever may open the TPM may use these keys, as with
 * any key whose use the operating system guards.
 */
final class Commands {
  /** TPMT_SIG_SCHEME or TPMT_SYM_DEF with TPM_ALG_NULL: the key's own, or none. */
  private static final byte[] ALG_NULL = {0x00, 0x10};

  /** TPM2B_SENSITIVE_CREATE with an empty authorization value and no data. */
  private static final byte[] EMPTY_SENSITIVE = {0, 4, 0, 0, 0, 0};

  private static final byte[] EMPTY_2B = {0, 0};
  private static final byte[] EMPTY_LIST = {0, 0, 0, 0};

  /** TPMT_TK_HASHCHECK for a digest made outside: TPM_ST_HASHCHECK, TPM_RH_NULL, no digest. */
  private static final byte[] NULL_TICKET = {(byte) 0x80, 0x24, 0x40, 0, 0, 0x07, 0, 0};

  private final TpmContext context;

  Commands(TpmContext context) {
    this.context = context;
  }

  /** A loaded key: the context's number for it, its TPMT_PUBLIC, and its name. */
  record Loaded(int handle, byte[] publicArea, byte[] name) {}

  /** TPM2_CreatePrimary; the key's slot is freed with {@code owner}. */
  Loaded createPrimary(Frame owner, int hierarchy, Template template) throws TpmException {
    IntByReference handle = new IntByReference(ESYS_TR_NONE);
    try (Frame frame = new Frame()) {
      Pointer sensitive = frame.in(WireType.TPM2B_SENSITIVE_CREATE, EMPTY_SENSITIVE);
      Pointer in = frame.in(WireType.TPM2B_PUBLIC, template.tpm2bPublic());
      Pointer outside = frame.in(WireType.TPM2B_DATA, EMPTY_2B);
      Pointer pcrs = frame.in(WireType.TPML_PCR_SELECTION, EMPTY_LIST);
      PointerByReference outPublic = frame.out();
      PointerByReference creationData = frame.out();
      PointerByReference creationHash = frame.out();
      PointerByReference ticket = frame.out();
      context.call(
          "TPM2_CreatePrimary",
          esys ->
              Esapi.Esys_CreatePrimary(
                  esys,
                  hierarchy,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  sensitive,
                  in,
                  outside,
                  pcrs,
                  handle,
                  outPublic,
                  creationData,
                  creationHash,
                  ticket));
      owner.flushAtEnd(context, handle.getValue());
    }
    return readPublic(handle.getValue());
  }

  /** TPM2_Create of a key under {@code parent}. */
  WrappedKey create(int parent, Template template) throws TpmException {
    return create(parent, ESYS_TR_NONE, template, EMPTY_SENSITIVE);
  }

  /**
   * TPM2_Create under {@code parent}.
   *
   * @param encryption a session that encrypts {@code sensitive}, or none
   * @param sensitive TPM2B_SENSITIVE_CREATE
   */
  WrappedKey create(int parent, int encryption, Template template, byte[] sensitive)
      throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer inSensitive = frame.in(WireType.TPM2B_SENSITIVE_CREATE, sensitive);
      Pointer in = frame.in(WireType.TPM2B_PUBLIC, template.tpm2bPublic());
      Pointer outside = frame.in(WireType.TPM2B_DATA, EMPTY_2B);
      Pointer pcrs = frame.in(WireType.TPML_PCR_SELECTION, EMPTY_LIST);
      PointerByReference outPrivate = frame.out();
      PointerByReference outPublic = frame.out();
      PointerByReference creationData = frame.out();
      PointerByReference creationHash = frame.out();
      PointerByReference ticket = frame.out();
      context.call(
          "TPM2_Create",
          esys ->
              Esapi.Esys_Create(
                  esys,
                  parent,
                  ESYS_TR_PASSWORD,
                  encryption,
                  ESYS_TR_NONE,
                  inSensitive,
                  in,
                  outside,
                  pcrs,
                  outPrivate,
                  outPublic,
                  creationData,
                  creationHash,
                  ticket));
      return new WrappedKey(
          unsized(frame.wire(WireType.TPM2B_PUBLIC, outPublic)),
          unsized(frame.wire(WireType.TPM2B_PRIVATE, outPrivate)));
    }
  }

  /** TPM2_Load; the caller flushes the handle. */
  int load(int parent, WrappedKey key) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer inPrivate = frame.in(WireType.TPM2B_PRIVATE, sized(key.wrappedPrivate()));
      Pointer inPublic = frame.in(WireType.TPM2B_PUBLIC, sized(key.publicArea()));
      IntByReference handle = new IntByReference(ESYS_TR_NONE);
      context.call(
          "TPM2_Load",
          esys ->
              Esapi.Esys_Load(
                  esys,
                  parent,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  inPrivate,
                  inPublic,
                  handle));
      return handle.getValue();
    }
  }

  /** The name of a key, of the public area by which a session is salted. No TPM command. */
  byte[] name(int handle) throws TpmException {
    try (Frame frame = new Frame()) {
      PointerByReference name = frame.out();
      context.call("Esys_TR_GetName", esys -> Esapi.Esys_TR_GetName(esys, handle, name));
      return unsized(frame.wire(WireType.TPM2B_NAME, name));
    }
  }

  /** TPM2_ReadPublic. */
  Loaded readPublic(int handle) throws TpmException {
    try (Frame frame = new Frame()) {
      PointerByReference outPublic = frame.out();
      PointerByReference name = frame.out();
      PointerByReference qualifiedName = frame.out();
      context.call(
          "TPM2_ReadPublic",
          esys ->
              Esapi.Esys_ReadPublic(
                  esys,
                  handle,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  outPublic,
                  name,
                  qualifiedName));
      return new Loaded(
          handle,
          unsized(frame.wire(WireType.TPM2B_PUBLIC, outPublic)),
          unsized(frame.wire(WireType.TPM2B_NAME, name)));
    }
  }

  /** The context's number for a persistent handle or NV index; nothing where the TPM has none. */
  OptionalInt find(int tpmHandle) throws TpmException {
    IntByReference handle = new IntByReference(ESYS_TR_NONE);
    boolean found =
        context.callUnlessAbsent(
            "TPM2_ReadPublic",
            esys ->
                Esapi.Esys_TR_FromTPMPublic(
                    esys, tpmHandle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, handle));
    return found ? OptionalInt.of(handle.getValue()) : OptionalInt.empty();
  }

  /** TPM2_EvictControl: keeps a loaded primary key at {@code persistentHandle}. */
  int persist(int handle, int persistentHandle) throws TpmException {
    IntByReference kept = new IntByReference(ESYS_TR_NONE);
    context.call(
        "TPM2_EvictControl",
        esys ->
            Esapi.Esys_EvictControl(
                esys,
                ESYS_TR_RH_OWNER,
                handle,
                ESYS_TR_PASSWORD,
                ESYS_TR_NONE,
                ESYS_TR_NONE,
                persistentHandle,
                kept));
    return kept.getValue();
  }

  /** TPM2_ActivateCredential; {@code keySession} authorizes the endorsement key. */
  byte[] activateCredential(
      int activate, int key, int keySession, byte[] idObject, byte[] encryptedSecret)
      throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer credential = frame.in(WireType.TPM2B_ID_OBJECT, idObject);
      Pointer secret = frame.in(WireType.TPM2B_ENCRYPTED_SECRET, encryptedSecret);
      PointerByReference certInfo = frame.out();
      context.call(
          "TPM2_ActivateCredential",
          esys ->
              Esapi.Esys_ActivateCredential(
                  esys,
                  activate,
                  key,
                  ESYS_TR_PASSWORD,
                  keySession,
                  ESYS_TR_NONE,
                  credential,
                  secret,
                  certInfo));
      return unsized(frame.wire(WireType.TPM2B_DIGEST, certInfo));
    }
  }

  /** TPM2_Quote with the key's own scheme. */
  SignedAttest quote(int key, byte[] qualifyingData, byte[] selection) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer qualifying = frame.in(WireType.TPM2B_DATA, sized(qualifyingData));
      Pointer scheme = frame.in(WireType.TPMT_SIG_SCHEME, ALG_NULL);
      Pointer select = frame.in(WireType.TPML_PCR_SELECTION, selection);
      PointerByReference quoted = frame.out();
      PointerByReference signature = frame.out();
      context.call(
          "TPM2_Quote",
          esys ->
              Esapi.Esys_Quote(
                  esys,
                  key,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  qualifying,
                  scheme,
                  select,
                  quoted,
                  signature));
      return signedAttest(frame, quoted, signature);
    }
  }

  /** TPM2_Certify with the signing key's own scheme. */
  SignedAttest certify(int object, int signer, byte[] qualifyingData) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer qualifying = frame.in(WireType.TPM2B_DATA, sized(qualifyingData));
      Pointer scheme = frame.in(WireType.TPMT_SIG_SCHEME, ALG_NULL);
      PointerByReference certified = frame.out();
      PointerByReference signature = frame.out();
      context.call(
          "TPM2_Certify",
          esys ->
              Esapi.Esys_Certify(
                  esys,
                  object,
                  signer,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  qualifying,
                  scheme,
                  certified,
                  signature));
      return signedAttest(frame, certified, signature);
    }
  }

  private static SignedAttest signedAttest(
      Frame frame, PointerByReference attest, PointerByReference signature) throws TpmException {
    return new SignedAttest(
        unsized(frame.wire(WireType.TPM2B_ATTEST, attest)),
        frame.wire(WireType.TPMT_SIGNATURE, signature));
  }

  /** TPM2_Sign of a digest made outside the TPM: the key must not be restricted. */
  byte[] sign(int key, byte[] digest) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer in = frame.in(WireType.TPM2B_DIGEST, sized(digest));
      Pointer scheme = frame.in(WireType.TPMT_SIG_SCHEME, ALG_NULL);
      Pointer ticket = frame.in(WireType.TPMT_TK_HASHCHECK, NULL_TICKET);
      PointerByReference signature = frame.out();
      context.call(
          "TPM2_Sign",
          esys ->
              Esapi.Esys_Sign(
                  esys,
                  key,
                  ESYS_TR_PASSWORD,
                  ESYS_TR_NONE,
                  ESYS_TR_NONE,
                  in,
                  scheme,
                  ticket,
                  signature));
      return frame.wire(WireType.TPMT_SIGNATURE, signature);
    }
  }

  /** One TPM2_PCR_Read: some of the PCRs asked for, as TPML_PCR_SELECTION and TPML_DIGEST. */
  record PcrsRead(int updateCounter, byte[] selection, byte[] digests) {}

  /** TPM2_PCR_Read. */
  PcrsRead readPcrs(byte[] selection) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer in = frame.in(WireType.TPML_PCR_SELECTION, selection);
      IntByReference updateCounter = new IntByReference();
      PointerByReference out = frame.out();
      PointerByReference values = frame.out();
      context.call(
          "TPM2_PCR_Read",
          esys ->
              Esapi.Esys_PCR_Read(
                  esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, in, updateCounter, out, values));
      return new PcrsRead(
          updateCounter.getValue(),
          frame.wire(WireType.TPML_PCR_SELECTION, out),
          frame.wire(WireType.TPML_DIGEST, values));
    }
  }

  /** TPM2_PCR_Extend. The number of a PCR is also its ESYS_TR and its handle. */
  void extendPcr(int pcr, byte[] digestValues) throws TpmException {
    try (Frame frame = new Frame()) {
      Pointer digests = frame.in(WireType.TPML_DIGEST_VALUES, digestValues);
      context.call(
          "TPM2_PCR_Extend",
          esys ->
              Esapi.Esys_PCR_Extend(
                  esys, pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, digests));
    }
  }

  /** TPM2_ReadClock: a TPMS_TIME_INFO. */
  byte[] readClock() throws TpmException {
    try (Frame frame = new Frame()) {
      PointerByReference time = frame.out();
      context.call(
          "TPM2_ReadClock",
          esys -> Esapi.Esys_ReadClock(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, time));
      return frame.wire(WireType.TPMS_TIME_INFO, time);
    }
  }

  static byte[] sized(byte[] content) {
    return new Template.Wire().sized(content).bytes();
  }

  /** The content of a TPM2B. */
  static byte[] unsized(byte[] tpm2b) {
    return Arrays.copyOfRange(tpm2b, Short.BYTES, tpm2b.length);
  }
}
