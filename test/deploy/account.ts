import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { FirehoseClient, ListDeliveryStreamsCommand } from '@aws-sdk/client-firehose';
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';

/** What the account holds, asked service by service: kind → names. */
export async function inventory(): Promise<Readonly<Record<string, readonly string[]>>> {
  const lambda = new LambdaClient({});
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  const { TableNames = [] } = await new DynamoDBClient({}).send(new ListTablesCommand({}));
  const { StreamNames = [] } = await new KinesisClient({}).send(new ListStreamsCommand({}));
  const { DeliveryStreamNames = [] } = await new FirehoseClient({}).send(
    new ListDeliveryStreamsCommand({}),
  );
  const { Buckets = [] } = await new S3Client({}).send(new ListBucketsCommand({}));
  const { QueueUrls = [] } = await new SQSClient({}).send(new ListQueuesCommand({}));
  const { Topics = [] } = await new SNSClient({}).send(new ListTopicsCommand({}));
  const { SecretList = [] } = await new SecretsManagerClient({}).send(new ListSecretsCommand({}));
  const { logGroups = [] } = await new CloudWatchLogsClient({}).send(
    new DescribeLogGroupsCommand({}),
  );
  const { Rules = [] } = await new EventBridgeClient({}).send(new ListRulesCommand({}));
  const { MetricAlarms = [] } = await new CloudWatchClient({}).send(new DescribeAlarmsCommand({}));
  const names = <Item>(items: readonly Item[], name: (item: Item) => string | undefined) =>
    items.map((item) => name(item) ?? '').toSorted();
  return {
    functions: names(Functions, ({ FunctionName }) => FunctionName),
    mappings: names(EventSourceMappings, ({ UUID }) => UUID),
    tables: TableNames.toSorted(),
    streams: StreamNames.toSorted(),
    deliveries: DeliveryStreamNames.toSorted(),
    buckets: names(Buckets, ({ Name }) => Name),
    queues: QueueUrls.toSorted(),
    topics: names(Topics, ({ TopicArn }) => TopicArn),
    secrets: names(SecretList, ({ Name }) => Name),
    logGroups: names(logGroups, ({ logGroupName }) => logGroupName),
    rules: names(Rules, ({ Name }) => Name),
    alarms: names(MetricAlarms, ({ AlarmName }) => AlarmName),
  };
}
