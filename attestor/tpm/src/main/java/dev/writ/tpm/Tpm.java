// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.lang.ref.Cleaner;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * This host's TPM.
 *
 * <p><b>One lane.</b> An ESAPI context must not be used by two threads, and the TPM does one command
 * at a time anyway. A fair lock orders the callers: the command runs on the caller's own thread, so
 * there is no thread to stop and a stack trace shows who waits for the TPM. A command may take
 * hundreds of milliseconds (an RSA key: seconds) and cannot be interrupted; call from a thread that
 * may block. A program opens a TPM once and shares it.
 *
 * <p><b>What is kept where.</b> The attestation key has the persistent handle {@link
 * #ATTESTATION_KEY_HANDLE}, the storage root key {@link #STORAGE_ROOT_HANDLE}. Instance keys leave
 * the TPM wrapped ({@link WrappedKey}), because persistent handles are few; the caller keeps the file.
 */
public final class Tpm implements AutoCloseable {
  /** In the range that the TCG registry of reserved handles gives to endorsement keys. */
  public static final int ATTESTATION_KEY_HANDLE = 0x81015752;

  /** Where the TCG TPM v2.0 Provisioning Guidance, section 7.5.1, puts the storage root key. */
  public static final int STORAGE_ROOT_HANDLE = 0x81000001;

  /** Among the owner's NV indices. */
  public static final int UNSEAL_COUNTER_INDEX = 0x01805752;

  /** The range of NV indices that the TCG registry of reserved handles gives to the TPM's owner. */
  public static final int FIRST_OWNERS_INDEX = 0x01800000;

  public static final int LAST_OWNERS_INDEX = 0x01bfffff;

  private static final Cleaner CLEANER = Cleaner.create();

  private final ReentrantLock lane = new ReentrantLock(true);
  private final Connection connection;
  private final Cleaner.Cleanable cleanable;

  /** Touched with {@link #lane} held, and only there. */
  private final Operations operations;

  private Tpm(TpmContext context) {
    this.connection = new Connection(context);
    this.operations = new Operations(context);
    this.cleanable = CLEANER.register(this, connection);
  }

  /**
   * Opens the TPM behind a TCTI.
   *
   * @param tcti {@code device:/dev/tpmrm0}, {@code swtpm:path=…}, {@code tabrmd:}: "name:configuration"
   *     as tpm2-tss and its tools understand it
   */
  public static Tpm open(String tcti) throws TpmException {
    return new Tpm(TpmContext.open(tcti));
  }

  /**
   * Loads the libraries, which is what the first {@link #open} of a JVM takes longest for.
   *
   * @throws TpmException if one is missing, as {@code open} will then say, too
   */
  public static void loadLibraries() throws TpmException {
    NativeLibraries.load();
  }

  /** The endorsement key of {@code kind}; the TPM makes the same one each time. */
  public EndorsementKey endorsementKey(EndorsementKeyKind kind) throws TpmException {
    return inLane(() -> operations.endorsementKey(kind));
  }

  /** The certificate that the manufacturer left for {@code kind}, DER, as it lies in NV. */
  public Optional<byte[]> endorsementCertificate(EndorsementKeyKind kind) throws TpmException {
    return inLane(() -> operations.endorsementCertificate(kind));
  }

  /**
   * What the manufacturer left beside the certificates to complete their chains: the content of NV
   * indices 0x01c00100 to 0x01c001ff, one after the other, at most 12,288 bytes; none where there are
   * no such indices.
   */
  public byte[] endorsementChain() throws TpmException {
    return inLane(operations::endorsementChain);
  }

  /** The attestation key: the kept one, or a new one that is kept from then on. */
  public AttestationKey attestationKey() throws TpmException {
    return inLane(operations::attestationKey);
  }

  /**
   * Opens a credential that was made for this attestation key's name and the endorsement key of {@code
   * kind}, which proves that both are in this TPM (TPM2_ActivateCredential).
   *
   * @param idObject TPM2B_ID_OBJECT
   * @param encryptedSecret TPM2B_ENCRYPTED_SECRET
   * @return the secret
   */
  public byte[] activateCredential(EndorsementKeyKind kind, byte[] idObject, byte[] encryptedSecret)
      throws TpmException {
    return inLane(() -> operations.activateCredential(kind, idObject, encryptedSecret));
  }

  /**
   * The values of all selected PCRs at one moment.
   *
   * @param selection TPML_PCR_SELECTION
   * @throws TpmException also if PCRs changed during each of sixteen attempts
   */
  public PcrReading readPcrs(byte[] selection) throws TpmException {
    return inLane(() -> operations.readPcrs(selection));
  }

  /**
   * The values of these PCRs at one moment, in their order.
   *
   * @throws TpmException also if the TPM lacks one of them
   */
  public List<PcrValue> pcrValues(List<Pcr> pcrs) throws TpmException {
    return inLane(() -> operations.pcrValues(pcrs));
  }

  /**
   * Extends a PCR in one bank: new value = H(old value ‖ digest).
   *
   * @param pcr 0 to 23
   * @param digest as long as the bank's values
   */
  public void extendPcr(int pcr, PcrBank bank, byte[] digest) throws TpmException {
    if (pcr < 0 || pcr > Pcr.MAX_INDEX) {
      throw new IllegalArgumentException("a PCR must be 0 to 23, was " + pcr);
    }
    if (digest.length != bank.digestBytes()) {
      throw new IllegalArgumentException(
          String.format(
              "a digest for bank %s must be %d bytes, was %d",
              bank, bank.digestBytes(), digest.length));
    }
    boolean ignored =
        inLane(
            () -> {
              operations.extendPcr(pcr, bank, digest);
              return true;
            });
  }

  /**
   * The attestation key's word on the PCRs (TPM2_Quote).
   *
   * @param selection TPML_PCR_SELECTION; what is signed leaves out PCRs that the TPM does not have
   * @param qualifyingData what the quote is bound to, at most 64 bytes
   */
  public SignedAttest quote(byte[] selection, byte[] qualifyingData) throws TpmException {
    return inLane(() -> operations.quote(selection, qualifyingData));
  }

  /** Makes a new instance key under the storage root key. It is not loaded yet. */
  public WrappedKey createInstanceKey() throws TpmException {
    return inLane(operations::createInstanceKey);
  }

  /**
   * Loads an instance key that this TPM made.
   *
   * @throws TpmException TPM_RC_INTEGRITY where another TPM, or this one before it was cleared, made it
   */
  public InstanceKey loadInstanceKey(WrappedKey wrapped) throws TpmException {
    return inLane(() -> operations.loadInstanceKey(this, wrapped));
  }

  /** The value that {@link UnsealPolicy#counter()} must have; nothing where it was never raised. */
  public OptionalLong unsealCounter() throws TpmException {
    return inLane(operations::unsealCounter);
  }

  /**
   * Raises the counter by one, so that no policy holds any more that was approved before; where there is
   * none, makes it. Takes the owner's authorization, which must be empty.
   *
   * @return its value from now on
   */
  public long raiseUnsealCounter() throws TpmException {
    return inLane(operations::raiseUnsealCounter);
  }

  /**
   * Names a counter against rollback, whether it is there or not: another TPM's at the same index, or
   * this one's once it was cleared, has another name. Makes the storage root key if there is none.
   *
   * @return 32 bytes
   */
  public byte[] rollbackCounterIdentity(int index) throws TpmException {
    requireFree(index);
    return inLane(() -> operations.rollbackCounterIdentity(index));
  }

  /** What the counter against rollback has come to; nothing where it was never raised. */
  public OptionalLong rollbackCounter(int index) throws TpmException {
    requireFree(index);
    return inLane(() -> operations.rollbackCounter(index).read());
  }

  /**
   * Makes a counter against rollback where there is none. Takes the owner's authorization, which must be
   * empty.
   *
   * @return what it begins with: more than any counter of this TPM ever was
   */
  public long makeRollbackCounter(int index) throws TpmException {
    requireFree(index);
    return inLane(() -> operations.rollbackCounter(index).raiseOrMake());
  }

  /**
   * Adds one to the counter against rollback, which is there: one more write of an NV memory that bears
   * a limited number of them.
   *
   * @return what it has come to
   */
  public long raiseRollbackCounter(int index) throws TpmException {
    requireFree(index);
    return inLane(() -> operations.rollbackCounter(index).raise());
  }

  /** Whether an NV index is the owner's, and none that Writ uses for something else. */
  public static boolean isFreeOwnersIndex(int index) {
    return index >= FIRST_OWNERS_INDEX
        && index <= LAST_OWNERS_INDEX
        && index != UNSEAL_COUNTER_INDEX;
  }

  private static void requireFree(int index) {
    if (!isFreeOwnersIndex(index)) {
      throw new IllegalArgumentException(
          String.format(
              "a counter against rollback must have one of the owner's NV indices, and not the sealed"
                  + " PIN's, was 0x%08x",
              index));
    }
  }

  /**
   * Seals a secret under the storage root key.
   *
   * @param secret 1 to {@link SealedData#MAX_SECRET_BYTES} bytes; stays the caller's to zero
   * @param approver whose signature a policy needs under which it is given out
   */
  public SealedData seal(byte[] secret, ApproverKey approver) throws TpmException {
    if (secret.length == 0 || secret.length > SealedData.MAX_SECRET_BYTES) {
      throw new IllegalArgumentException(
          String.format(
              "a secret must be 1 to %d bytes, was %d",
              SealedData.MAX_SECRET_BYTES, secret.length));
    }
    return inLane(() -> operations.seal(secret, approver));
  }

  /**
   * Unseals, if the host is in the approved state now.
   *
   * @throws TpmException also if that state changed while it was looked at: TPM_RC_VALUE, TPM_RC_POLICY,
   *     TPM_RC_PCR_CHANGED
   */
  public UnsealOutcome unseal(SealedData data, ApprovedPolicy approved) throws TpmException {
    return inLane(() -> operations.unseal(data, approved));
  }

  /** Time, and how often the TPM was reset and restarted. */
  public TpmClock readClock() throws TpmException {
    return inLane(operations::readClock);
  }

  byte[] sign(InstanceKey key, byte[] sha256) throws TpmException {
    return inLane(() -> operations.sign(key, sha256));
  }

  SignedAttest certify(InstanceKey key, byte[] qualifyingData) throws TpmException {
    return inLane(() -> operations.certify(key, qualifyingData));
  }

  void unload(InstanceKey key) {
    lane.lock();
    try {
      operations.unload(key);
    } finally {
      lane.unlock();
    }
  }

  /**
   * Waits for the command that runs, frees the slots of loaded instance keys, and closes the
   * connection. Closing twice does nothing; any other call afterwards is a bug of the caller.
   */
  @Override
  public void close() {
    lane.lock();
    try {
      if (!connection.orderly) {
        operations.unloadAll();
        connection.orderly = true;
        cleanable.clean();
      }
    } finally {
      lane.unlock();
    }
  }

  private interface Operation<T> {
    T run() throws TpmException;
  }

  private <T> T inLane(Operation<T> operation) throws TpmException {
    lane.lock();
    try {
      if (connection.orderly) {
        throw new IllegalStateException("this TPM was closed; this is a bug of the caller");
      }
      return operation.run();
    } finally {
      lane.unlock();
    }
  }

  /** What outlives an unreachable {@link Tpm} until the cleaner has closed it. */
  private static final class Connection implements Runnable {
    private final TpmContext context;
    private volatile boolean orderly;

    Connection(TpmContext context) {
      this.context = context;
    }

    @Override
    public void run() {
      if (!orderly) {
        System.getLogger(Tpm.class.getName())
            .log(System.Logger.Level.WARNING, "a TPM was never closed; it is closed here");
      }
      context.close();
    }
  }
}
