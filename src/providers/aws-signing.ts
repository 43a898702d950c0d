/** What signs requests to AWS, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export interface AwsSigning {
  readonly region: string;
  /** The name under which the service checks signatures, such as `states` for Step Functions. */
  readonly service: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    /** Goes with temporary credentials; empty for those of a user. */
    readonly sessionToken: string;
  };
}
