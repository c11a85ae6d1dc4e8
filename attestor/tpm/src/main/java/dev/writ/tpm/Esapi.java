// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.ByteByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import org.jspecify.annotations.Nullable;

/**
 * libtss2-esys: TPM commands as functions (TCG TSS 2.0 Enhanced System API).
 *
 * <p>An {@code int} that the C header calls ESYS_TR is a number of the context, not a TPM handle.
 * {@code shandle1…3} are sessions, {@link #ESYS_TR_NONE} where there is none. What a function writes to
 * a {@link PointerByReference} is the library's memory and goes back with {@link #Esys_Free}, also
 * when the function failed. Every function returns a TSS2_RC unless it is void.
 */
final class Esapi {
  static final int ESYS_TR_NONE = 0xfff;
  static final int ESYS_TR_PASSWORD = 0x0ff;
  static final int ESYS_TR_RH_OWNER = 0x101;
  static final int ESYS_TR_RH_ENDORSEMENT = 0x10b;

  private Esapi() {}

  /** Opens a context over a TCTI. No TPM command. */
  static native int Esys_Initialize(
      PointerByReference esysContext, Pointer tcti, @Nullable Pointer abiVersion);

  /** Closes a context and clears the reference; the TCTI stays open. No TPM command. */
  static native void Esys_Finalize(PointerByReference esysContext);

  /** Frees what a function wrote to a {@link PointerByReference}. No TPM command. */
  static native void Esys_Free(Pointer pointer);

  /**
   * The context's number for a persistent key or an NV index. TPM2_ReadPublic, or TPM2_NV_ReadPublic.
   */
  static native int Esys_TR_FromTPMPublic(
      Pointer esysContext,
      int tpmHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      IntByReference object);

  /** Forgets a number; what it stood for stays in the TPM. No TPM command. */
  static native int Esys_TR_Close(Pointer esysContext, IntByReference resourceHandle);

  /** Makes a key from a hierarchy's seed and a template. TPM2_CreatePrimary. */
  static native int Esys_CreatePrimary(
      Pointer esysContext,
      int primaryHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer inSensitive,
      Pointer inPublic,
      Pointer outsideInfo,
      Pointer creationPCR,
      IntByReference objectHandle,
      PointerByReference outPublic,
      PointerByReference creationData,
      PointerByReference creationHash,
      PointerByReference creationTicket);

  /** Makes a key under a parent; it leaves the TPM wrapped. TPM2_Create. */
  static native int Esys_Create(
      Pointer esysContext,
      int parentHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer inSensitive,
      Pointer inPublic,
      Pointer outsideInfo,
      Pointer creationPCR,
      PointerByReference outPrivate,
      PointerByReference outPublic,
      PointerByReference creationData,
      PointerByReference creationHash,
      PointerByReference creationTicket);

  /** Brings a wrapped key back under its parent. TPM2_Load. */
  static native int Esys_Load(
      Pointer esysContext,
      int parentHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer inPrivate,
      Pointer inPublic,
      IntByReference objectHandle);

  /** A loaded key's public area and names. TPM2_ReadPublic. */
  static native int Esys_ReadPublic(
      Pointer esysContext,
      int objectHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      PointerByReference outPublic,
      PointerByReference name,
      PointerByReference qualifiedName);

  /** Gives a primary key a persistent handle, or takes it away. TPM2_EvictControl. */
  static native int Esys_EvictControl(
      Pointer esysContext,
      int auth,
      int objectHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      int persistentHandle,
      IntByReference newObjectHandle);

  /** Frees a transient key's or a session's slot. TPM2_FlushContext. */
  static native int Esys_FlushContext(Pointer esysContext, int flushHandle);

  /** Opens a session. TPM2_StartAuthSession. */
  static native int Esys_StartAuthSession(
      Pointer esysContext,
      int tpmKey,
      int bind,
      int shandle1,
      int shandle2,
      int shandle3,
      @Nullable Pointer nonceCaller,
      byte sessionType,
      Pointer symmetric,
      short authHash,
      IntByReference sessionHandle);

  /** Satisfies a policy with knowledge of an entity's authorization value. TPM2_PolicySecret. */
  static native int Esys_PolicySecret(
      Pointer esysContext,
      int authHandle,
      int policySession,
      int shandle1,
      int shandle2,
      int shandle3,
      @Nullable Pointer nonceTPM,
      @Nullable Pointer cpHashA,
      @Nullable Pointer policyRef,
      int expiration,
      @Nullable PointerByReference timeout,
      @Nullable PointerByReference policyTicket);

  /** Opens a credential made for one key's name and one endorsement key. TPM2_ActivateCredential. */
  static native int Esys_ActivateCredential(
      Pointer esysContext,
      int activateHandle,
      int keyHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer credentialBlob,
      Pointer secret,
      PointerByReference certInfo);

  /** One key signs another's name. TPM2_Certify. */
  static native int Esys_Certify(
      Pointer esysContext,
      int objectHandle,
      int signHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer qualifyingData,
      Pointer inScheme,
      PointerByReference certifyInfo,
      PointerByReference signature);

  /** Signs a digest. TPM2_Sign. */
  static native int Esys_Sign(
      Pointer esysContext,
      int keyHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer digest,
      Pointer inScheme,
      Pointer validation,
      PointerByReference signature);

  /** Signs PCR values. TPM2_Quote. */
  static native int Esys_Quote(
      Pointer esysContext,
      int signHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer qualifyingData,
      Pointer inScheme,
      Pointer pcrSelect,
      PointerByReference quoted,
      PointerByReference signature);

  /** PCR values, at most eight a call. TPM2_PCR_Read. */
  static native int Esys_PCR_Read(
      Pointer esysContext,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer pcrSelectionIn,
      IntByReference pcrUpdateCounter,
      PointerByReference pcrSelectionOut,
      PointerByReference pcrValues);

  /** Extends one PCR in the banks given. TPM2_PCR_Extend. */
  static native int Esys_PCR_Extend(
      Pointer esysContext,
      int pcrHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer digests);

  /** Time, clock, and how often the TPM was reset and restarted. TPM2_ReadClock. */
  static native int Esys_ReadClock(
      Pointer esysContext,
      int shandle1,
      int shandle2,
      int shandle3,
      PointerByReference currentTime);

  /** An NV index's public area and name. TPM2_NV_ReadPublic. */
  static native int Esys_NV_ReadPublic(
      Pointer esysContext,
      int nvIndex,
      int shandle1,
      int shandle2,
      int shandle3,
      PointerByReference nvPublic,
      PointerByReference nvName);

  /** A piece of an NV index. TPM2_NV_Read. */
  static native int Esys_NV_Read(
      Pointer esysContext,
      int authHandle,
      int nvIndex,
      int shandle1,
      int shandle2,
      int shandle3,
      short size,
      short offset,
      PointerByReference data);

  /** Properties of the TPM. TPM2_GetCapability. */
  static native int Esys_GetCapability(
      Pointer esysContext,
      int shandle1,
      int shandle2,
      int shandle3,
      int capability,
      int property,
      int propertyCount,
      ByteByReference moreData,
      PointerByReference capabilityData);

  /** The name of a key, from the public area that the context has of it. No TPM command. */
  static native int Esys_TR_GetName(Pointer esysContext, int handle, PointerByReference name);

  /** Sets those TPMA_SESSION bits of a session that {@code mask} has. No TPM command. */
  static native int Esys_TRSess_SetAttributes(
      Pointer esysContext, int session, byte flags, byte mask);

  /** Loads a key of which only the public half is known. TPM2_LoadExternal. */
  static native int Esys_LoadExternal(
      Pointer esysContext,
      int shandle1,
      int shandle2,
      int shandle3,
      @Nullable Pointer inPrivate,
      Pointer inPublic,
      int hierarchy,
      IntByReference objectHandle);

  /** Checks a signature and gives a ticket for it. TPM2_VerifySignature. */
  static native int Esys_VerifySignature(
      Pointer esysContext,
      int keyHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer digest,
      Pointer signature,
      PointerByReference validation);

  /** Holds a policy session to values of PCRs. TPM2_PolicyPCR. */
  static native int Esys_PolicyPCR(
      Pointer esysContext,
      int policySession,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer pcrDigest,
      Pointer pcrs);

  /** Holds a policy session to what an NV index holds. TPM2_PolicyNV. */
  static native int Esys_PolicyNV(
      Pointer esysContext,
      int authHandle,
      int nvIndex,
      int policySession,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer operandB,
      short offset,
      short operation);

  /** Puts a signer's name in the place of the policy that it signed. TPM2_PolicyAuthorize. */
  static native int Esys_PolicyAuthorize(
      Pointer esysContext,
      int policySession,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer approvedPolicy,
      Pointer policyRef,
      Pointer keySign,
      Pointer checkTicket);

  /** Gives out the data of a sealed data object. TPM2_Unseal. */
  static native int Esys_Unseal(
      Pointer esysContext,
      int itemHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      PointerByReference outData);

  /** Makes an NV index. TPM2_NV_DefineSpace. */
  static native int Esys_NV_DefineSpace(
      Pointer esysContext,
      int authHandle,
      int shandle1,
      int shandle2,
      int shandle3,
      Pointer auth,
      Pointer publicInfo,
      IntByReference nvHandle);

  /** Adds one to a counter in NV. TPM2_NV_Increment. */
  static native int Esys_NV_Increment(
      Pointer esysContext, int authHandle, int nvIndex, int shandle1, int shandle2, int shandle3);
}
